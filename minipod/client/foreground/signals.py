"""The signals that ask `up` to stop, as something to select on."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MANY = 64


class Signals:
    """Counts signals as they come; `fileno` can be read when one has."""

    def __init__(self, readable: int) -> None:
        self._readable = readable
        self.count = 0
        self.last = 0

    def fileno(self) -> int:
        """Return the descriptor, for select and poll."""
        return self._readable

    def look(self) -> int:
        """Return how many have come by now."""
        try:
            numbers = os.read(self._readable, _MANY)
        except BlockingIOError:
            return self.count
        self.count += len(numbers)
        self.last = numbers[-1]
        return self.count


@contextmanager
def caught() -> Iterator[Signals]:
    """Catch SIGINT, SIGTERM and SIGHUP; the last not below nohup.

    SIGINT is caught though it was ignored, as it is for what a script runs with &.
    """
    readable, writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    before = {
        number: signal.signal(number, _wake)
        for number in _CAUGHT
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    }
    wakeup = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield Signals(readable)
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(readable)
        os.close(writable)


def _wake(_number: int, _frame: object) -> None:
    """Do nothing: the descriptor of `set_wakeup_fd` tells of it."""
