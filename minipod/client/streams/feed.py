"""Our stdin on its way to a program in a pod."""

from __future__ import annotations

import os
import select

STDIN = 0

_PIECE = 1 << 16


class Feed:
    """Carries our stdin to a pipe or a terminal, as fast as that takes it.

    What it does not take at once is kept, and no more is read meanwhile: a program that writes
    before it reads must not find us waiting for it to read.
    """

    def __init__(self, poll: select.poll, target: int, events: int = 0) -> None:
        """Have both ends polled; `events` are those that the target is polled for besides."""
        self._poll = poll
        self._target = target
        self._events = events
        self._kept = b""
        os.set_blocking(target, False)
        poll.register(STDIN, select.POLLIN)
        poll.register(target, events)

    def read(self) -> bool:
        """Carry what there is; return False at stdin's end, which is polled no more then."""
        self._kept = os.read(STDIN, _PIECE)
        if not self._kept:
            self._poll.unregister(STDIN)
            return False
        self._pass_on()
        if self._kept:
            self._poll.unregister(STDIN)
            self._poll.modify(self._target, self._events | select.POLLOUT)
        return True

    def write(self) -> None:
        """Go on with what is kept: the target can be written to again."""
        self._pass_on()
        if not self._kept:
            self._poll.modify(self._target, self._events)
            self._poll.register(STDIN, select.POLLIN)

    def stop(self) -> None:
        """Carry no more, and have neither end polled."""
        for descriptor in (STDIN, self._target):
            try:
                self._poll.unregister(descriptor)
            except KeyError:
                continue

    def _pass_on(self) -> None:
        try:
            self._kept = self._kept[os.write(self._target, self._kept) :]
        except BlockingIOError:
            pass
        except OSError:
            self._kept = b""  # nobody reads there any more
