"""Writing to somebody who may be slow, or gone, without becoming deaf to signals."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = select.PIPE_BUF
"""What a pipe that can be written takes without blocking (pipe(7))."""


class Output:
    """A descriptor that is written to in pieces; `interrupted` is asked when a signal came.

    Once it takes no more, `broken` is set, and what is written is dropped.
    """

    def __init__(self, descriptor: int, signals: int, interrupted: Callable[[], bool]) -> None:
        self._descriptor = descriptor
        self._signals = signals
        self._interrupted = interrupted
        self.broken: OSError | None = None
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._poll.register(signals, select.POLLIN)

    def write(self, data: bytes) -> None:
        """Write all; if `interrupted` says so meanwhile, the rest is dropped."""
        rest = memoryview(data)
        while rest and self.broken is None:
            ready = [descriptor for descriptor, _ in self._poll.poll()]
            if self._signals in ready and self._interrupted():
                return
            if self._descriptor in ready:
                rest = rest[self._try(rest[:_AT_ONCE]) :]

    def _try(self, piece: memoryview) -> int:
        try:
            return os.write(self._descriptor, piece)
        except BlockingIOError:  # somebody has made it so: a busy moment, then again
            return 0
        except OSError as error:
            self.broken = error
            return 0
