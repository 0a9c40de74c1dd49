"""Being ended by a signal, with everything undone that must be."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_BY_SIGNAL = 128
_ECHO = 0.05  # seconds, less than between two of a person


class EndedBySignal(SystemExit):
    """A signal asks us to end; the exit code is what a shell shows of it, 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(_BY_SIGNAL + number)
        self.signal = number


class Heard:
    """Signals as they are meant: two of one kind at once are one.

    timeout(1) sends its own to us and to our group; so do a terminal and its shell at their end.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last = 0
        self._at = -_ECHO

    def is_new(self, number: int) -> bool:
        """Take note of a signal; return whether it counts."""
        before, self._at = self._at, time.monotonic()
        if number == self.last and self._at - before < _ECHO:
            return False
        self.count += 1
        self.last = number
        return True


class Ending:
    """Signals that ask us to end: they wait, but in `during`, which they end.

    What waits is raised by the next `during`.
    """

    def __init__(self) -> None:
        self._heard = Heard()
        self._waits = False
        self._raises = False

    @property
    def last(self) -> int:
        """The signal that came last, 0 if none did."""
        return self._heard.last

    def during(self, act: Callable[[], T]) -> T:
        """Return what `act` does; EndedBySignal, once, as soon as a signal comes or has come."""
        try:
            self._raises = True
            if self._waits:
                self._raise()
            return act()
        finally:
            self._raises = False

    def came(self, number: int, _frame: FrameType | None) -> None:
        """Take note of a signal: the handler."""
        if self._heard.is_new(number):
            self._waits = True
            if self._raises:
                self._raise()

    def _raise(self) -> None:
        self._waits = self._raises = False
        raise EndedBySignal(self.last)


@contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """Catch SIGINT, SIGTERM and SIGHUP, unless they are ignored, as below nohup or behind an &."""
    ending = Ending()
    before = {
        number: signal.signal(number, ending.came)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
