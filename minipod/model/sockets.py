"""What the kernel knows of a pod's sockets, and the rows of `minipod ports`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from minipod.model.pod import Protocol


class SocketState(StrEnum):
    """What a socket does with its port, as far as it matters to who else may have it."""

    LISTENING = "listening"
    BOUND = "bound"
    """TCP: bound, and neither listening nor connected; UDP: not connected."""
    CONNECTING = "connecting"
    CONNECTED = "connected"
    CLOSING = "closing"
    TIME_WAIT = "time-wait"


class Peer(NamedTuple):
    """The other end of a connection; `address` is the bare IP."""

    address: str
    port: int


class Socket(msgspec.Struct, frozen=True):
    """A socket that holds a port, as sock_diag tells it.

    `address` is the bare IP ("0.0.0.0", "::", "::ffff:127.0.0.1"); `inode` is 0 when no process
    has it any more; `cgroup` the id of the cgroup v2 group of its creator, 0 when the kernel does
    not tell (before 5.9, and in TIME_WAIT); `v6only` is None for IPv4.
    """

    protocol: Protocol
    address: str
    port: int
    inode: int
    cgroup: int
    uid: int
    state: SocketState
    v6only: bool | None = None
    peer: Peer | None = None

    @property
    def serves(self) -> bool:
        """Whether somebody can be answered here: TCP that listens, UDP that is not connected."""
        return self.state is _SERVING[self.protocol]


_SERVING = {Protocol.TCP: SocketState.LISTENING, Protocol.UDP: SocketState.BOUND}


class Holder(msgspec.Struct, frozen=True):
    """The process that has a socket open: pid in the host's numbers, command line as typed."""

    pid: int
    command: str


class Mark(StrEnum):
    """What the audit says of a port; a row's first mark is one of the first three."""

    DECLARED = "Declared"
    """Somebody listens, and its container declares the port."""
    UNDECLARED = "Undeclared"
    """Somebody listens, and its container does not declare the port."""
    SILENT = "Silent"
    """A container declares the port, and does not listen on it."""
    TAKEN = "Taken"
    """Silent, and another container has the port."""
    TIME_WAIT = "TimeWait"
    """Silent, and nothing but connections that have ended hold the port."""
    LOOPBACK_ONLY = "LoopbackOnly"
    """Only the pod itself reaches it."""
    SHARED = "Shared"
    """Several sockets have it, by SO_REUSEPORT, or for UDP SO_REUSEADDR."""


class PortRow(msgspec.Struct, frozen=True):
    """One row of `minipod ports -o json`; pid and command are None where nothing listens.

    `note` says for people what the marks mean here, and what to do; None where all is well.
    """

    namespace: str
    pod: str
    container: str | None
    protocol: str
    address: str | None
    port: int
    pid: int | None
    command: str | None
    declared: bool
    marks: tuple[Mark, ...]
    note: str | None
