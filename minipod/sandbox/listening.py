"""A socket in a folder at which the loop accepts who comes."""

from __future__ import annotations

import errno
import time

from minipod.sandbox import messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from minipod.sandbox.loop import Loop

TRY_AGAIN = 1.0
"""Seconds without listening when there is nothing left to accept with."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Listens from the start; `came` gets each connection, and it is its to close. OSError."""

    __slots__ = ("_came", "_loop", "_socket")

    def __init__(
        self, loop: Loop, folder: int, name: str, came: Callable[[socket.socket], None]
    ) -> None:
        self._loop = loop
        self._came = came
        self._socket = messages.listen(folder, name)
        self._watch()

    def close(self) -> None:
        """Listen no more."""
        if not self._loop.cancel(self):
            self._loop.forget(self._socket.fileno())
        self._socket.close()

    def _watch(self) -> None:
        self._loop.watch(self._socket.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self._pause()
            return
        self._came(connection)

    def _pause(self) -> None:
        """Leave who waits to wait: the loop would call back at once, and again, for nothing."""
        self._loop.forget(self._socket.fileno())
        self._loop.at(time.monotonic() + TRY_AGAIN, self, self._watch)
