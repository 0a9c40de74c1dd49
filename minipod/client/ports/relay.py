"""Carrying bytes between two sockets, both ways, as fast as the slower side takes them."""

from __future__ import annotations

import selectors
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BUFFER = 1 << 20
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, not FIN (socket(7))
_READ = selectors.EVENT_READ
_WRITE = selectors.EVENT_WRITE


def buffer() -> memoryview:
    """Return what the relays of one thread share: nothing stays in it after a turn."""
    return memoryview(bytearray(_BUFFER))


class _Flow:
    """One direction. What the target does not take at once is kept, and no more is read."""

    def __init__(self, source: socket.socket, target: socket.socket, between: memoryview) -> None:
        self.source = source
        self.target = target
        self._between = between
        self.kept = b""
        self.ended = False

    def carry(self) -> None:
        """Move what the source has now; pass its end on. OSError: the connection is broken."""
        try:
            size = self.source.recv_into(self._between)
        except BlockingIOError:
            return
        if not size:
            self.ended = True
            with suppress(OSError):  # the other side may have gone altogether
                self.target.shutdown(socket.SHUT_WR)
            return
        sent = self._send(self._between[:size])
        if sent < size:
            self.kept = bytes(self._between[sent:size])

    def flush(self) -> None:
        """Send what was kept. OSError: the connection is broken."""
        self.kept = self.kept[self._send(self.kept) :]

    def _send(self, data: memoryview | bytes) -> int:
        try:
            return self.target.send(data)
        except BlockingIOError:
            return 0


class Relay:
    """Two flows between two connected, non-blocking sockets, which it owns.

    The end of one direction is passed on while the other still flows. When both have ended, both
    sockets are closed and `done` is called. When one side is broken the other is reset, so that
    nobody takes what came for the whole.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        between: memoryview,
        ends: tuple[socket.socket, socket.socket],
        done: Callable[[], None],
    ) -> None:
        one, other = ends
        self._selector = selector
        self._done = done
        self._there = _Flow(one, other, between)
        self._back = _Flow(other, one, between)
        self._closed = False
        self._interest: dict[socket.socket, int] = {one: 0, other: 0}
        for connection in ends:
            with suppress(OSError):  # not TCP
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()

    def _ready(self, connection: socket.socket, events: int) -> None:
        if self._closed:  # by the other socket, in the same turn of the selector
            return
        out, back = self._there, self._back
        if connection is out.target:
            out, back = back, out
        try:
            if events & _WRITE and back.kept:
                back.flush()
            if events & _READ and not out.ended and not out.kept:
                out.carry()
        except OSError:
            self.reset()
            return
        if self._there.ended and self._back.ended:
            self._close()
        else:
            self._watch()

    def _watch(self) -> None:
        """Ask the selector for exactly what can happen next."""
        for out, back in ((self._there, self._back), (self._back, self._there)):
            reads = _READ if not out.ended and not out.kept else 0
            self._select(out.source, reads | (_WRITE if back.kept else 0))

    def _select(self, connection: socket.socket, interest: int) -> None:
        before = self._interest[connection]
        if interest == before:
            return
        self._interest[connection] = interest
        if not interest:
            self._selector.unregister(connection)
        elif before:
            self._selector.modify(connection, interest, self._callback(connection))
        else:
            self._selector.register(connection, interest, self._callback(connection))

    def _callback(self, connection: socket.socket) -> Callable[[int], None]:
        return lambda events: self._ready(connection, events)

    def reset(self) -> None:
        """Break both connections, so that both ends see that something was cut off."""
        for connection in self._interest:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._close()

    def _close(self) -> None:
        self._closed = True
        for connection, interest in self._interest.items():
            if interest:
                self._selector.unregister(connection)
            connection.close()
        self._done()
