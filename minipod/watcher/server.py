"""The one whom the watcher tells: the root's server, over a socket in the root's folder."""

from __future__ import annotations

import os
import select
import socket
from collections import deque
from contextlib import suppress

from minipod.sandbox import messages
from minipod.sandbox.failures import failure_of
from minipod.sandbox.listening import Listener
from minipod.watcher.protocol import SOCKET
from minipod.watcher.records import Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    from minipod.sandbox.loop import Loop

    class Answering(Protocol):
        """What a server may ask for."""

        def greet(self, after: dict[str, Any] | None) -> tuple[dict[str, Any], Iterable[Seen]]:
            """Return the greeting, and what a server does not know that knows all until `after`."""

        def do(self, operation: str) -> None:
            """Do what is asked for. OSError."""

        def told(self, seen: Seen) -> None:
            """Note that a record has been told as it is."""

        def left(self) -> None:
            """Note that there is no server any more."""


_BATCH = 32
_MOST_UNSENT = 16384
_BROKEN = (KeyError, TypeError, ValueError)


class Server:
    """Listens; talks with the newest that has greeted."""

    def __init__(self, loop: Loop, root: int, answering: Answering) -> None:
        self._loop = loop
        self._root = root
        self._answering = answering
        self._peer: _Peer | None = None
        self._listener = Listener(loop, root, SOCKET, self._admit)

    def tell(self, item: Seen | dict[str, Any]) -> None:
        """Have something told with the next `flush`, if there is a server."""
        if self._peer is not None:
            self._peer.put(item)

    def flush(self) -> None:
        """Send what is to be told, as far as there is room; the rest follows by itself."""
        if self._peer is not None:
            self._peer.flush()

    def close(self) -> None:
        """Listen no more. The server hears what was to be told, and that this is the end."""
        with suppress(FileNotFoundError):
            os.unlink(SOCKET, dir_fd=self._root)
        self.flush()
        self._listener.close()
        if self._peer is not None:
            self._peer.socket.close()

    def _admit(self, connection: socket.socket) -> None:
        _, uid = messages.credentials(connection)
        if uid != os.geteuid():  # root's
            connection.close()
            return
        connection.setblocking(False)
        peer = _Peer(self._loop, connection, self._answering.told)
        self._loop.watch(connection.fileno(), lambda: self._receive(peer))

    def _receive(self, peer: _Peer) -> None:
        try:
            received = messages.receive(peer.socket)
        except BlockingIOError:
            return
        except OSError:
            received = None
        if received is None:
            self._drop(peer)
            return
        message, descriptors = received
        for descriptor in descriptors:
            os.close(descriptor)
        try:
            if message["op"] == "hello":
                self._greet(peer, message)
            else:
                self._do(peer, message["op"], message["seq"])
        except _BROKEN:
            peer.hang_up()

    def _greet(self, peer: _Peer, message: messages.Message) -> None:
        greeting, unknown = self._answering.greet(message["after"])
        if self._peer is not None and self._peer is not peer:
            self._peer.hang_up()
        self._peer = peer
        peer.put(greeting)
        for seen in unknown:
            peer.put(seen)
        peer.flush()

    def _do(self, peer: _Peer, operation: str, seq: int) -> None:
        try:
            self._answering.do(operation)
        except OSError as error:
            peer.put({"seq": seq, "error": failure_of(operation, error)})
        else:
            peer.put({"seq": seq, "ok": {}})
        peer.flush()

    def _drop(self, peer: _Peer) -> None:
        peer.close()
        if self._peer is peer:
            self._peer = None
            self._answering.left()


class _Peer:
    """One connection, and what is still to be sent: messages, and records as they are then."""

    def __init__(self, loop: Loop, connection: socket.socket, told: Callable[[Seen], None]) -> None:
        self.socket = connection
        self._loop = loop
        self._told = told
        self._unsent: deque[Seen | dict[str, Any]] = deque()
        self._waiting: set[int] = set()
        self._room: select.epoll | None = None

    def put(self, item: Seen | dict[str, Any]) -> None:
        """Have something sent. One that does not read is hung up on: it will ask again."""
        if isinstance(item, Seen):
            if item.seq in self._waiting:
                return
            self._waiting.add(item.seq)
        if len(self._unsent) >= _MOST_UNSENT:
            self.hang_up()
            return
        self._unsent.append(item)

    def flush(self) -> None:
        """Send as much as there is room for."""
        while self._unsent:
            message, count = self._next()
            try:
                messages.send(self.socket, message, (), messages.AT_ONCE)
            except BlockingIOError:
                self._await_room()
                return
            except OSError:
                self.hang_up()
                return
            for _ in range(count):
                item = self._unsent.popleft()
                if isinstance(item, Seen):
                    self._waiting.discard(item.seq)
                    self._told(item)

    def hang_up(self) -> None:
        """End the conversation; the loop will find that it is over."""
        self._unsent.clear()
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take the connection away."""
        self._forget_room()
        self._loop.forget(self.socket.fileno())
        self.socket.close()

    def _next(self) -> tuple[dict[str, Any], int]:
        """Return the next message, and how many of the unsent it is."""
        first = self._unsent[0]
        if not isinstance(first, Seen):
            return first, 1
        batch: list[dict[str, Any]] = []
        for item in self._unsent:
            if len(batch) == _BATCH or not isinstance(item, Seen):
                break
            batch.append(item.fields())
        return {"calls": batch}, len(batch)

    def _await_room(self) -> None:
        """Flush again when the other end has read something."""
        if self._room is None:
            self._room = select.epoll()
            self._room.register(self.socket.fileno(), select.EPOLLOUT)
            self._loop.watch(self._room.fileno(), self._has_room)

    def _has_room(self) -> None:
        self._forget_room()
        self.flush()

    def _forget_room(self) -> None:
        if self._room is not None:
            self._loop.forget(self._room.fileno())
            self._room.close()
            self._room = None
