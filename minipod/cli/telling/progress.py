"""What a command waits for, on one line of a terminal that is redrawn, and gone at the end.

Only where stderr is a terminal, and only when it takes longer than a person wonders about.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

from minipod.cli.printing.output import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    JSON = Mapping[str, Any]

_REDRAW = 1.0  # seconds
_ERASE = "\r\x1b[K"
_NAMED = 3
_USUAL = 80  # columns, of a terminal that does not say


class Waiting:
    """Shows a text while its block runs, from `after` seconds on; `text` is asked every second."""

    def __init__(self, text: Callable[[], str], *, after: float = 2.0) -> None:
        self._text = text
        self._after = after
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._over.set()
            self._thread.join()

    def _show(self) -> None:
        if self._over.wait(self._after):
            return
        while True:
            _write(_ERASE + _fitting(printable(self._text())))
            if self._over.wait(_REDRAW):
                break
        _write(_ERASE)


def ending(left: Collection[JSON], now: float) -> str:
    """Return which objects, by their metadata, are waited for, and how long they may take yet."""
    from minipod.model.times import parse_timestamp

    names = [metadata["name"] for metadata in left]
    shown = ", ".join(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")
    deadlines = [parse_timestamp(each["deletionTimestamp"]) for each in left]
    grace = max((deadline - now for deadline in deadlines), default=0.0)
    words = f"waiting for {len(names)} to end: {shown}"
    return f"{words} ({grace:.0f} s left of their grace)" if grace >= 1 else words


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
