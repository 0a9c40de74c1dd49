"""Who talks with a sandbox: one server, any number of clients."""

from __future__ import annotations

import os
import socket

from minipod.sandbox import messages
from minipod.sandbox.failures import Refused, failure_of
from minipod.sandbox.listening import Listener
from minipod.sandbox.protocol import SOCKET, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from minipod.sandbox.context import Context
    from minipod.sandbox.protocol import Failure

_SEND_BUFFER = 1 << 20


class Request:
    """A request and the way back. Its descriptors live until it has been handled."""

    __slots__ = ("content", "descriptors", "peer")

    def __init__(self, peer: Peer, content: messages.Message, descriptors: list[int]) -> None:
        self.peer = peer
        self.content = content
        self.descriptors = descriptors

    def answer(self, ok: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Tell that it is done."""
        self._reply({"ok": ok}, descriptors)

    def refuse(self, failure: Failure) -> None:
        """Tell why it is not done."""
        self._reply({"error": failure})

    def finish(self, message: messages.Message) -> None:
        """Tell what came of it later."""
        self._reply(message)

    def _reply(self, message: messages.Message, descriptors: Sequence[int] = ()) -> None:
        self.peer.send({"seq": self.content["seq"], **message}, descriptors)


class Peer:
    """One connection. `role` is empty until it has greeted."""

    __slots__ = ("role", "socket")

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.role = ""

    @property
    def gone(self) -> bool:
        """Whether the conversation is over."""
        return self.socket.fileno() < 0

    def send(self, message: messages.Message, descriptors: Sequence[int] = ()) -> None:
        """Send without waiting. One that does not read its answers is hung up on."""
        try:
            messages.send(self.socket, message, descriptors, messages.AT_ONCE)
        except OSError:
            self.hang_up()

    def hint(self, message: messages.Message) -> None:
        """Send what may be lost."""
        try:
            messages.send(self.socket, message, (), messages.AT_ONCE)
        except OSError:
            return

    def hang_up(self) -> None:
        """End the conversation; the loop will find that it is over."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class Peers:
    """Listens, greets, and hands requests to `handle`; `gone` is told of each peer that leaves."""

    def __init__(
        self,
        context: Context,
        greeting: Callable[[], dict[str, Any]],
        handle: Callable[[Request], None],
        gone: Callable[[Peer], None],
    ) -> None:
        self._loop = context.loop
        self._greeting = greeting
        self._handle = handle
        self._gone = gone
        self.server: Peer | None = None
        self._listener = Listener(self._loop, context.folder, SOCKET, self._admit)

    def _admit(self, connection: socket.socket) -> None:
        pid, uid = messages.credentials(connection)
        # A process that has a number in this PID namespace is one of the pod's own.
        if uid != 0 or pid != 0:
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        peer = Peer(connection)
        self._loop.watch(connection.fileno(), lambda: self._receive(peer))

    def _receive(self, peer: Peer) -> None:
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
        try:
            if peer.role:
                self._serve(Request(peer, message, descriptors))
            else:
                self._greet(peer, message)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _serve(self, request: Request) -> None:
        if not isinstance(request.content.get("seq"), int):
            request.peer.hang_up()
            return
        try:
            self._handle(request)
        except Refused as refused:
            request.refuse(refused.failure)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            step = f"understand the request {request.content.get('op')}"
            request.refuse(failure_of(step, error))

    def _greet(self, peer: Peer, message: messages.Message) -> None:
        role = message.get("role")
        if message.get("op") != "hello" or role not in ("server", "client"):
            peer.hang_up()
            return
        peer.role = role
        if role == "server":
            if self.server is not None:
                self.server.hang_up()
            self.server = peer
        peer.send({"version": VERSION, **self._greeting()})

    def _drop(self, peer: Peer) -> None:
        if self.server is peer:
            self.server = None
        self._loop.forget(peer.socket.fileno())
        peer.socket.close()
        self._gone(peer)
