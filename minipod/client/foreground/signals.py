"""The signals that ask `up` to stop, as something to select on."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from minipod.client.streams.ending import EndedBySignal, Heard

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MANY = 64
_HEARD = 2


class Signals(Heard):
    """Counts signals as they come; `fileno` can be read when one has.

    A third is not only counted, for nobody may look, if the server is deaf say: EndedBySignal.
    """

    def __init__(self, readable: int) -> None:
        super().__init__()
        self._readable = readable

    def fileno(self) -> int:
        """Return the descriptor, for select and poll."""
        return self._readable

    def came(self, number: int, _frame: object) -> None:
        """Take note of a signal: the handler."""
        if self.is_new(number) and self.count > _HEARD:
            raise EndedBySignal(number)

    def look(self) -> int:
        """Return how many have come by now."""
        with suppress(BlockingIOError):
            os.read(self._readable, _MANY)
        return self.count


@contextmanager
def caught() -> Iterator[Signals]:
    """Catch SIGINT, SIGTERM and SIGHUP; the last not below nohup.

    SIGINT is caught though it was ignored, as it is for what a script runs with &.
    """
    readable, writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signals = Signals(readable)
    before = {
        number: signal.signal(number, signals.came)
        for number in _CAUGHT
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    }
    wakeup = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield signals
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(readable)
        os.close(writable)
