"""Port-forwarding: connections here, carried to ports in a pod, on one thread.

The outgoing sockets are made inside the pod by its sandbox, so that 127.0.0.1 is the pod's own.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.limits import descriptors
from minipod.client.relay import Relay
from minipod.client.sandbox import Sandbox
from minipod.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.client.listening import Listener

_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class Events(NamedTuple):
    """Whom the forwarder tells: a connection came to a local port; one could not be made."""

    handling: Callable[[int], None]
    failed: Callable[[int, str], None]


class _Waiting(NamedTuple):
    """A connection that came, until the pod's side is there; `attempt` indexes _LOOPBACKS."""

    connection: socket.socket
    remote: int
    attempt: int


class Forwarder:
    """Forwards what listeners accept into the pod of a sandbox. `run` ends when the pod does."""

    def __init__(self, sandbox: Sandbox, listeners: Iterable[Listener], events: Events) -> None:
        self._sandbox = sandbox
        self._events = events
        self._listeners = list(listeners)
        self._selector = selectors.DefaultSelector()
        self._asked: dict[int, _Waiting] = {}
        self._busy = 0
        self._most = descriptors() // 2
        self._selector.register(sandbox, selectors.EVENT_READ, self._answered)
        self._listen()

    def run(self) -> None:
        """Forward until the sandbox ends, which is raised as Unavailable."""
        while True:
            for key, events in self._selector.select():
                key.data(events)

    def _listen(self) -> None:
        for listener in self._listeners:
            accept = self._acceptor(listener)
            self._selector.register(listener.socket, selectors.EVENT_READ, accept)

    def _acceptor(self, listener: Listener) -> Callable[[int], None]:
        def accept(_events: int) -> None:
            try:
                connection, _ = listener.socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self._events.handling(listener.local)
            self._begin(connection)
            self._ask(_Waiting(connection, listener.remote, 0))

        return accept

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._busy += 1
        if self._busy == self._most:  # the rest waits in the kernel's queue
            for listener in self._listeners:
                self._selector.unregister(listener.socket)

    def _end(self) -> None:
        self._busy -= 1
        if self._busy == self._most - 1:
            self._listen()

    def _ask(self, waiting: _Waiting) -> None:
        family, _ = _LOOPBACKS[waiting.attempt]
        request = {"op": "socket", "family": family, "type": socket.SOCK_STREAM, "protocol": 0}
        self._asked[self._sandbox.ask(request)] = waiting

    def _answered(self, _events: int) -> None:
        message = self._sandbox.receive()
        waiting = self._asked.pop(message.content.get("seq", 0), None)
        if waiting is None:
            return
        if "error" in message.content:
            self._failed(waiting, message.content["error"]["message"])
            return
        (descriptor,) = message.descriptors
        self._connect(waiting, socket.socket(fileno=descriptor))

    def _connect(self, waiting: _Waiting, inside: socket.socket) -> None:
        inside.setblocking(False)
        _, address = _LOOPBACKS[waiting.attempt]
        result = inside.connect_ex((address, waiting.remote))
        if result != errno.EINPROGRESS:
            self._connected(waiting, inside, result)
            return

        def done(_events: int) -> None:
            self._selector.unregister(inside)
            error = inside.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._connected(waiting, inside, error)

        self._selector.register(inside, selectors.EVENT_WRITE, done)

    def _connected(self, waiting: _Waiting, inside: socket.socket, error: int) -> None:
        if not error:
            Relay(self._selector, waiting.connection, inside, self._end)
            return
        inside.close()
        if waiting.attempt + 1 < len(_LOOPBACKS):
            self._ask(waiting._replace(attempt=waiting.attempt + 1))
        else:
            self._failed(waiting, os.strerror(error).lower())

    def _failed(self, waiting: _Waiting, why: str) -> None:
        waiting.connection.close()
        self._end()
        self._events.failed(waiting.remote, why)


def sandbox_of(root: str, pod: dict[str, Any]) -> Sandbox:
    """Return a connection to the sandbox of a pod. Conflict if the pod does not run."""
    phase = pod.get("status", {}).get("phase", "Pending")
    message = f"unable to forward port because pod is not running. Current status={phase}"
    if phase != "Running":
        raise Conflict(message)
    try:
        return Sandbox(root, pod["metadata"]["uid"])
    except Unavailable as error:
        raise Conflict(message) from error


def forward(sandbox: Sandbox, listeners: Iterable[Listener], events: Events) -> None:
    """Forward for ever. Unavailable when the pod goes away."""
    try:
        Forwarder(sandbox, listeners, events).run()
    except Unavailable as error:
        raise Unavailable("lost connection to pod") from error
