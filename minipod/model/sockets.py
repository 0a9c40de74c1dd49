"""What the kernel knows of a pod's sockets, and the rows of `minipod ports`."""

from __future__ import annotations

import msgspec

from minipod.model.pod import Protocol


class Socket(msgspec.Struct, frozen=True):
    """A listening TCP socket or a bound UDP socket, as sock_diag tells it.

    `address` is the bare IP ("0.0.0.0", "::"); `cgroup` the id of the cgroup v2 group of its
    creator, 0 when the kernel does not tell (before 5.9); `v6only` is None for IPv4.
    """

    protocol: Protocol
    address: str
    port: int
    inode: int
    cgroup: int
    uid: int
    v6only: bool | None = None


class Holder(msgspec.Struct, frozen=True):
    """The process that has a socket open: pid in the host's numbers, command line as typed."""

    pid: int
    command: str


class PortRow(msgspec.Struct, frozen=True):
    """One row of `minipod ports -o json`; pid and command are None where nothing listens."""

    namespace: str
    pod: str
    container: str | None
    protocol: str
    address: str | None
    port: int
    pid: int | None
    command: str | None
    declared: bool
