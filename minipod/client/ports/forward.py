"""Port-forwarding: connections here, carried to ports in a pod, on one thread.

The outgoing sockets are made inside the pod by its sandbox, so that 127.0.0.1 is the pod's own.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.ports import listening
from minipod.client.ports.limits import descriptors
from minipod.client.ports.relay import Relay, buffer
from minipod.client.streams.sandbox import Sandbox
from minipod.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.client.ports.listening import Listener, Ports

LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class Events(NamedTuple):
    """Whom a forwarder tells: a connection came to a local port; one could not be made."""

    handling: Callable[[int], None]
    failed: Callable[[int, str], None]


def unheard(*_: object) -> None:
    """Tell nobody: who connects sees it."""


class _Waiting(NamedTuple):
    """A connection that came, until the pod's side is there; `attempt` indexes LOOPBACKS."""

    connection: socket.socket
    remote: int
    attempt: int


class Forwarder:
    """Forwards what listeners accept into the pod of a sandbox, `most` connections at once.

    Sandbox and listeners stay the caller's. All but `stop` belongs to one thread.
    """

    def __init__(
        self, sandbox: Sandbox, listeners: Iterable[Listener], events: Events, most: int
    ) -> None:
        self._sandbox = sandbox
        self._events = events
        self._listeners = list(listeners)
        self._selector = selectors.DefaultSelector()
        self._between = buffer()
        self._asked: dict[int, _Waiting] = {}
        self._connecting: dict[socket.socket, _Waiting] = {}
        self._relays: set[Relay] = set()
        self._busy = 0
        self._most = most
        self._stopped = False
        self._stopping, self._stop = socket.socketpair()
        self._selector.register(sandbox, selectors.EVENT_READ, self._answered)
        self._selector.register(self._stopping, selectors.EVENT_READ, self._end_run)
        self._listen()

    def run(self) -> None:
        """Forward until `stop`, or until the sandbox ends, which is raised as Unavailable."""
        while not self._stopped:
            for key, events in self._selector.select():
                key.data(events)

    def stop(self) -> None:
        """Let `run` return; any thread may say so."""
        self._stop.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Break every connection; `run` must have ended."""
        for relay in list(self._relays):
            relay.reset()
        for inside, waiting in self._connecting.items():
            inside.close()
            waiting.connection.close()
        for waiting in self._asked.values():
            waiting.connection.close()
        self._selector.close()
        self._stopping.close()
        self._stop.close()

    def _end_run(self, _events: int) -> None:
        self._stopped = True

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
        family, _ = LOOPBACKS[waiting.attempt]
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
        _, address = LOOPBACKS[waiting.attempt]
        result = inside.connect_ex((address, waiting.remote))
        if result != errno.EINPROGRESS:
            self._connected(waiting, inside, result)
            return

        def done(_events: int) -> None:
            self._selector.unregister(inside)
            del self._connecting[inside]
            error = inside.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._connected(waiting, inside, error)

        self._connecting[inside] = waiting
        self._selector.register(inside, selectors.EVENT_WRITE, done)

    def _connected(self, waiting: _Waiting, inside: socket.socket, error: int) -> None:
        if not error:
            self._relay(waiting.connection, inside)
            return
        inside.close()
        if waiting.attempt + 1 < len(LOOPBACKS):
            self._ask(waiting._replace(attempt=waiting.attempt + 1))
        else:
            self._failed(waiting, os.strerror(error).lower())

    def _relay(self, connection: socket.socket, inside: socket.socket) -> None:
        def done() -> None:
            self._relays.discard(relay)
            self._end()

        relay = Relay(self._selector, self._between, (connection, inside), done)
        self._relays.add(relay)

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


def forward_ports(
    root: str,
    pod: dict[str, Any],
    ports: Iterable[int | str | Ports],
    addresses: Iterable[str],
    opened: Callable[[Listener], None],
    events: Events,
) -> None:
    """Forward ports until the pod goes away, which is Unavailable; `opened` hears where we listen.

    ValueError if a port is none, BadRequest if the pod declares none of its name, Conflict if the
    pod does not run, HostError if a local port is taken.
    """
    wanted = [listening.resolve(listening.asked(one), pod) for one in ports]
    with ExitStack() as stack:
        sandbox = stack.enter_context(sandbox_of(root, pod))
        listeners = listening.listen(wanted, listening.addresses(addresses))
        for listener in listeners:
            stack.enter_context(listener.socket)
        for listener in listeners:
            opened(listener)
        forward(sandbox, listeners, events)


def forward(sandbox: Sandbox, listeners: Iterable[Listener], events: Events) -> None:
    """Forward for ever, with all open files that we may have. Unavailable at the pod's end."""
    forwarder = Forwarder(sandbox, listeners, events, descriptors() // 2)
    try:
        forwarder.run()
    except Unavailable as error:
        raise Unavailable("lost connection to pod") from error
    finally:
        forwarder.close()
