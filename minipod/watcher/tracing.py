"""The mechanism `tracefs`: the plain tracing interface, where BPF is refused.

An instance of its own, named for the root, so that nobody else's tracing is touched. It knows
nothing of control groups: it follows the processes that are in the root's when it begins, and what
they fork. All pods are forked by the root's zygote, which is one of them.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from errno import EADDRINUSE, EAGAIN

from minipod.watcher import tracefs
from minipod.watcher.records import CALLS, Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.watcher.group import Group

_EVENTS = tuple(f"events/syscalls/sys_exit_{call}" for call in CALLS)
_PIDS = "set_event_pid"
_PIPE = "trace_pipe"
_SETTINGS = {
    "trace_clock": "mono",
    "buffer_percent": "0",  # readers are woken by the first record
    "options/event-fork": "1",
    "options/record-tgid": "1",
}
_PIECE = 1 << 16
_ROUNDS = 100
_SETTLING = 0.005
"""Seconds. The kernel learns the name and the process of a thread when it next leaves a processor,
and they are looked up when the record is read."""
_UNKNOWN_NAME = "<...>"
_LINE = re.compile(
    r"\s*(?P<name>.*)-(?P<thread>\d+)\s+\(\s*(?P<pid>\d+|-+)\)\s.*\s(?P<time>\d+\.\d+): "
    r"sys_(?P<call>\w+) -> 0x"
)
_LOST = re.compile(r"CPU:\d+ \[LOST (\d+) EVENTS\]")


class TracefsSource:
    """An instance of tracefs, at work until it is closed."""

    kernel_fields = False
    look_again: float | None = None

    def __init__(self, group: Group, instance: str) -> None:
        self._group = group
        self._path = f"instances/{instance}"
        self._top = tracefs.open_tracefs()
        self._pipe = -1
        self._lost = 0
        self._rest = ""
        try:
            os.mkdir(self._path, dir_fd=self._top)
            for name, value in _SETTINGS.items():
                self._write(name, value)
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
            self._pipe = os.open(f"{self._path}/{_PIPE}", flags, dir_fd=self._top)
            self.resume()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """Return what can be read when there is something to read."""
        return self._pipe

    def read(self) -> list[Seen]:
        """Return what was seen since the last time."""
        time.sleep(_SETTLING)
        text = self._rest
        with suppress(BlockingIOError):
            while piece := os.read(self._pipe, _PIECE):
                text += piece.decode(errors="replace")
        *lines, self._rest = text.split("\n")
        self._lost += sum(int(count) for line in lines for count in _LOST.findall(line))
        return [seen for line in lines if (seen := decode(line)) is not None]

    def ignore(self, cgroup: int) -> None:
        """Do nothing: of the watcher's group only the watcher itself is followed."""

    def lost(self) -> int:
        """Return how many calls were overwritten before they were read."""
        return self._lost

    def resume(self) -> None:
        """Begin with those who are there now."""
        self._follow_all()
        for event in _EVENTS:
            self._write(f"{event}/filter", f"ret == -{EADDRINUSE}")
            self._write(f"{event}/enable", "1")

    def pause(self) -> None:
        """Have the kernel record nothing."""
        for event in _EVENTS:
            self._write(f"{event}/enable", "0")

    def close(self) -> None:
        """Remove the instance."""
        if self._pipe >= 0:
            os.close(self._pipe)
        with suppress(FileNotFoundError):
            os.rmdir(self._path, dir_fd=self._top)
        os.close(self._top)

    def _follow_all(self) -> None:
        """Name every thread; repeated until none is there that was born before its parent was."""
        named: set[int] = set()
        for _ in range(_ROUNDS):
            fresh = self._group.threads() - named
            if not fresh:
                return
            for thread in fresh:
                with suppress(ProcessLookupError):
                    self._write(_PIDS, f"{thread}", os.O_APPEND)
            named |= fresh
        raise OSError(EAGAIN, "processes are born faster than they can be named", _PIDS)

    def _write(self, name: str, text: str, flags: int = os.O_TRUNC) -> None:
        tracefs.write(self._top, f"{self._path}/{name}", text, flags)


def sweep(instance: str) -> None:
    """Remove what a watcher that was killed has left: the one thing that outlives it."""
    with suppress(OSError):  # without tracefs, without any
        top = tracefs.open_tracefs()
        try:
            os.rmdir(f"instances/{instance}", dir_fd=top)
        finally:
            os.close(top)


def decode(line: str) -> Seen | None:
    """Return what a line of trace_pipe says; None if it is of something else."""
    match = _LINE.match(line)
    if match is None or match["call"] not in CALLS:
        return None
    name, pid = match["name"], match["pid"]
    return Seen(
        time=float(match["time"]) + time.time() - time.monotonic(),
        call=match["call"],
        failed=True,
        pid=int(pid if pid.isdigit() else match["thread"]),
        name="" if name == _UNKNOWN_NAME else name,
    )
