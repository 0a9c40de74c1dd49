"""Real sockets in this network namespace, made as a table of options says."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack, contextmanager
from enum import Enum, auto
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.pod import Protocol
from minipod.model.sockets import SocketState
from minipod.ports.collision import Binding

if TYPE_CHECKING:
    from collections.abc import Iterator

STRANGER = 65534

next_port = cycle(range(10_000, 32_000)).__next__
"""What is in TIME_WAIT keeps its port for a minute."""


@contextmanager
def acting_as(uid: int) -> Iterator[None]:
    """Make sockets for another user: they bear the uid that made or accepted them."""
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


class Endpoint(NamedTuple):
    """Where a socket is to be bound; `v6only` is None for IPv4."""

    address: str
    v6only: bool | None = None

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET if self.v6only is None else socket.AF_INET6

    @property
    def near(self) -> str:
        """The loopback address that a socket bound here can be connected to."""
        if self.v6only is None:
            return "127.0.0.1" if self.address == "0.0.0.0" else self.address
        return "::1" if self.address == "::" else self.address


ENDPOINTS = (
    Endpoint("0.0.0.0"),
    Endpoint("127.0.0.1"),
    Endpoint("127.0.0.2"),
    Endpoint("::", v6only=False),
    Endpoint("::", v6only=True),
    Endpoint("::1", v6only=False),
    Endpoint("::ffff:127.0.0.1", v6only=False),
)
"""Not ::ffff:0.0.0.0: nobody binds it, and Linux 6.1 has no one answer for it."""


class Options(NamedTuple):
    """A socket that is not yet bound."""

    endpoint: Endpoint
    reuseaddr: bool
    reuseport: bool
    uid: int

    def make(self, protocol: Protocol) -> socket.socket:
        kind = socket.SOCK_STREAM if protocol is Protocol.TCP else socket.SOCK_DGRAM
        with acting_as(self.uid):
            made = socket.socket(self.endpoint.family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, self.reuseaddr)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, self.reuseport)
        if self.endpoint.v6only is not None:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, self.endpoint.v6only)
        return made

    def binding(
        self, protocol: Protocol, state: SocketState, made: socket.socket | None = None
    ) -> Binding:
        """Return what the rule is told: as wished, or, of what is `made`, as the kernel has it."""
        address, v6only = self.endpoint
        if made is not None:
            address = made.getsockname()[0]
            if v6only is not None:
                v6only = bool(made.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
        return Binding(state, protocol, address, v6only, self.reuseaddr, self.reuseport, self.uid)


class Situation(Enum):
    """What the first socket on a port has done with it."""

    BOUND = auto()
    LISTENING = auto()
    CLIENT = auto()
    ACCEPTED = auto()
    TIME_WAIT = auto()


SITUATIONS = {
    Protocol.TCP: tuple(Situation),
    Protocol.UDP: (Situation.BOUND, Situation.CLIENT),
}


def refused(action: str, made: socket.socket, *arguments: object) -> bool:
    """Bind or listen; return whether the kernel said EADDRINUSE."""
    try:
        getattr(made, action)(*arguments)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return True
    return False


class Held(NamedTuple):
    """A binding, and the socket behind it, if one is left."""

    binding: Binding
    socket: socket.socket | None


def hold(
    stack: ExitStack, options: Options, protocol: Protocol, situation: Situation, port: int
) -> Held:
    """Have a port held until `stack` ends (what is in TIME_WAIT: a minute)."""
    first = stack.enter_context(options.make(protocol))
    first.bind((options.endpoint.address, port))
    if situation is Situation.BOUND:
        return Held(options.binding(protocol, SocketState.BOUND, first), first)
    if situation is Situation.CLIENT:
        _connect(stack, first, options.endpoint, protocol)
        return Held(options.binding(protocol, SocketState.CONNECTED, first), first)
    first.listen()
    if situation is Situation.LISTENING:
        return Held(options.binding(protocol, SocketState.LISTENING, first), first)
    client = stack.enter_context(socket.socket(options.endpoint.family))
    client.connect((options.endpoint.near, port))
    with acting_as(options.uid):
        accepted = stack.enter_context(first.accept()[0])
    first.close()
    if situation is Situation.ACCEPTED:
        return Held(options.binding(protocol, SocketState.CONNECTED, accepted), accepted)
    binding = options.binding(protocol, SocketState.TIME_WAIT, accepted)
    accepted.close()
    client.close()
    return Held(binding, None)


def _connect(
    stack: ExitStack, client: socket.socket, endpoint: Endpoint, protocol: Protocol
) -> None:
    if protocol is Protocol.UDP:
        client.connect((endpoint.near, 9))
        return
    six = endpoint.near == "::1"
    server = stack.enter_context(
        socket.create_server(
            ("::1" if six else "127.0.0.1", 0), family=socket.AF_INET6 if six else socket.AF_INET
        )
    )
    host = endpoint.near if endpoint.family is socket.AF_INET6 else "127.0.0.1"
    client.connect((host, server.getsockname()[1]))
    stack.enter_context(server.accept()[0])  # closed before the client: not its port is to linger
