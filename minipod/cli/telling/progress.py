"""What a command waits for, on one line of a terminal below all that it prints, gone at the end.

Only where stderr is a terminal that can erase, and only when it takes longer than a person wonders
about. Not beside a pipe: who reads it may write to the same terminal, and does not know the line.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from minipod.cli.printing.output import TERMINAL, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REDRAW = 1.0  # seconds
_ERASE = "\r\x1b[K"
_USUAL = 80  # columns, of a terminal that does not say
_STDOUT = 1


class Waiting:
    """Shows a text while its block runs, from `after` seconds on.

    `text` is asked every second, and after each line that is printed; in another thread, too. In a
    block within another one's only that one's text is shown.
    """

    def __init__(self, text: Callable[[], str], *, after: float = 2.0) -> None:
        self._text = text
        self._after = after
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._drawn = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if TERMINAL.below is None and _has_room():
            TERMINAL.below = self
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            TERMINAL.below = None
            self._over.set()
            self._thread.join()

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Take the line away for what is written within, and put it below that."""
        with self._lock:
            if not self._drawn:
                yield
                return
            _write(_ERASE)
            yield
            self._draw(self._text())

    def _show(self) -> None:
        if self._over.wait(self._after):
            return
        while True:
            text = self._text()  # it may take its time, and nobody waits for it
            with self._lock:
                self._draw(text)
            if self._over.wait(_REDRAW):
                break
        _write(_ERASE)

    def _draw(self, text: str) -> None:
        self._drawn = True
        _write(_ERASE + _fitting(printable(text)))


def _has_room() -> bool:
    """Return whether a line can be drawn, and erased before anything else is written there."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return False
    try:
        return not stat.S_ISFIFO(os.fstat(_STDOUT).st_mode)
    except OSError:
        return False


def _fitting(text: str) -> str:
    """Return as much of the text as one line of the terminal holds: a second would stay."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL
    except OSError:
        columns = _USUAL
    return text if len(text) < columns else text[: columns - 2] + "…"


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return  # nobody looks any more
