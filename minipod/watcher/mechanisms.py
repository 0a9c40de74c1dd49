"""Which mechanism is in use: the best that works, and why no better one does."""

from __future__ import annotations

import os

from minipod.syscalls.processes import own_pid
from minipod.watcher import trial
from minipod.watcher.btf import read_vmlinux
from minipod.watcher.fexit import open_fexit
from minipod.watcher.layout import Layout
from minipod.watcher.protocol import KERNEL_FIELDS, MECHANISMS_VARIABLE, Mechanism
from minipod.watcher.tracepoint import open_tracepoint
from minipod.watcher.tracing import TracefsSource, sweep
from minipod.watcher.trial import Wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import Protocol

    from minipod.watcher.bpf_source import BpfSource
    from minipod.watcher.group import Group
    from minipod.watcher.records import Seen
    from minipod.watcher.trial import Attempt, Facts

    class Source(Protocol):
        """Where calls come from; at work from the beginning until it is paused or closed."""

        kernel_fields: bool
        look_again: float | None
        """Seconds after something was read, in which more may have come without a sign."""

        def fileno(self) -> int:
            """Return what can be read when there is something to read."""

        def read(self) -> list[Seen]:
            """Return what was seen since the last time."""

        def ignore(self, cgroup: int) -> None:
            """Tell no more of what a group does."""

        def lost(self) -> int:
            """Return how many calls were seen, and could not be kept until they were read."""

        def resume(self) -> None:
            """See again. OSError."""

        def pause(self) -> None:
            """See nothing, and cost nothing."""

        def close(self) -> None:
            """Leave nothing in the kernel."""

    Opener = Callable[[int, int, Layout, int], BpfSource]
    Expectation = Callable[[Sequence[Attempt]], Iterator[Facts]]

_LEVELS = 5
"""PID namespaces in each other that are tried: the machine's, a container's, one in that."""


class Choice:
    """The source in use, None for Mechanism.NONE, and the reasons against better ones."""

    def __init__(self, group: Group, instance: str) -> None:
        self.mechanism = Mechanism.NONE
        self.source: Source | None = None
        self.reasons: dict[str, str] = {}
        self.seen: list[Seen] = []
        """What others did during the trials."""
        self._group = group
        self._instance = instance
        self.pid = own_pid()
        self._layout: Layout | None = None

    def make(self, allowed: Collection[Mechanism]) -> None:
        """Try the mechanisms that are allowed, from best to worst."""
        sweep(self._instance)
        for mechanism, open_source in (
            (Mechanism.FEXIT, self._fexit),
            (Mechanism.TRACEPOINT, self._tracepoint),
            (Mechanism.TRACEFS, self._tracefs),
        ):
            if mechanism not in allowed:
                self.reasons[mechanism] = f"{MECHANISMS_VARIABLE} does not allow it"
                continue
            try:
                self.source, self.mechanism = open_source(), mechanism
            except (Wrong, OSError) as error:
                self.reasons[mechanism] = _why(error)
            else:
                return

    def _fexit(self) -> Source:
        return self._numbered(open_fexit, self._known_layout())

    def _tracepoint(self) -> Source:
        try:
            return self._numbered(open_tracepoint, self._known_layout())
        except Wrong as wrong:
            self.reasons[KERNEL_FIELDS] = _why(wrong)
        source = open_tracepoint(self._group.watched, self._group.own_id, None, 0)
        return self._checked(source, trial.as_told_without)

    def _tracefs(self) -> Source:
        source = TracefsSource(self._group, self._instance)
        return self._checked(source, trial.as_told_by_tracefs)

    def _known_layout(self) -> Layout:
        """Return the kernel's layout, read once."""
        if self._layout is None:
            try:
                self._layout = Layout(read_vmlinux())
            except (OSError, LookupError) as error:
                raise Wrong(_why(error)) from error
        return self._layout

    def _numbered(self, open_source: Opener, layout: Layout) -> Source:
        """Return a source that numbers processes as /proc here does."""
        level = 0
        while True:
            try:
                source = open_source(self._group.watched, self._group.own_id, layout, level)
                return self._checked(source, trial.as_told_with_kernel_fields)
            except Wrong as wrong:
                level += 1
                if wrong.field != "pid" or level == _LEVELS:
                    raise

    def _checked(self, source: Source, expectation: Expectation) -> Source:
        """Return a source that tells all of the trial, and tells it right; else Wrong."""
        try:
            attempts = trial.attempt_all(self.pid, self._group.own_id)
            seen = source.read()
            own = [each for each in seen if self._is_own(each)]
            trial.check(list(expectation(attempts)), own)
        except BaseException:
            source.close()
            raise
        source.ignore(self._group.own_id)
        self.seen += [each for each in seen if not self._is_own(each)]
        return source

    def _is_own(self, seen: Seen) -> bool:
        if seen.cgroup is None:
            return seen.pid == self.pid
        return seen.cgroup == self._group.own_id


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error)
