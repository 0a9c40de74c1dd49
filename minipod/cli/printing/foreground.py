"""How `up` looks: containers' lines on stdout, minipod's own words between them on stderr."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

from minipod.cli.printing.colour import wanted
from minipod.cli.printing.output import lifted, printable, say_styled
from minipod.client.foreground.labels import Dress, Labels
from minipod.client.foreground.output import Output
from minipod.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.client.foreground.signals import Signals

    JSON = dict[str, Any]


def dress(*, prefix: bool, colour: bool) -> Dress:
    """Return how lines begin, as the options and the terminal have it."""
    if not prefix:
        return Dress.BARE
    return Dress.COLOURED if colour and wanted(sys.stdout) else Dress.PLAIN


def name_of(pod: JSON, container: str, namespaces: bool) -> str:  # noqa: FBT001 (how names are)
    """Return what labels call a container: with its namespace, if there are several."""
    metadata = pod["metadata"]
    above = f"{metadata['namespace']}/" if namespaces else ""
    return f"{above}{metadata['name']}/{container}"


class Screen:
    """Shows what is followed; a second signal takes away what waits to be written.

    Use it as a context: what it shows below all, on a terminal, is gone at its end.
    """

    def __init__(self, labels: Labels, signals: Signals, *, namespaces: bool) -> None:
        self._labels = labels
        self._namespaces = namespaces
        self._kept = bytearray()
        self._below = ExitStack()
        self._out = Output(sys.stdout.fileno(), signals.fileno(), lambda: signals.look() > 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._below.close()

    def stopping(self, left: Callable[[], list[JSON]]) -> None:
        """Show from now on which pods are left."""
        from minipod.cli.telling.gone import showing

        self._below.enter_context(showing(left))

    def line(self, pod: JSON, container: str, line: bytes) -> None:
        """Show a container's line, at the next flush."""
        self._kept += self._labels.before(name_of(pod, container, self._namespaces)) + line + b"\n"

    def voice(self, text: str) -> None:
        """Say something in minipod's own name, below what was shown before."""
        self.flush()
        with suppress(OSError):  # the terminal is gone: pods are to be removed all the same
            say_styled(self._labels.voice() + printable(text))

    def flush(self) -> bool:
        """Write what was shown; return False if nobody takes it any more."""
        kept, self._kept = bytes(self._kept), bytearray()
        if kept:
            with lifted():
                self._out.write(kept)
        return self._out.broken is None

    def end(self) -> None:
        """Raise what hindered writing: BrokenPipeError, or HostError (a full disk)."""
        error = self._out.broken
        if isinstance(error, BrokenPipeError):
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the end)
            raise error
        if error is not None:
            raise HostError(f"cannot write to stdout: {(error.strerror or str(error)).lower()}")
