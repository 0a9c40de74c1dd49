"""What the programs in the kernel write for each call, and what it says.

The offsets are of one record in the ring buffer; `minipod.watcher.programs` writes it.
"""

from __future__ import annotations

import struct
import time
from errno import EADDRINUSE
from socket import AF_INET, AF_INET6, AF_UNSPEC, inet_ntop

from minipod.model.commands import typed
from minipod.watcher.layout import COMMON_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from minipod.watcher.btf import Field
    from minipod.watcher.layout import Layout

TIME, THREAD, CGROUP, USER = 0, 8, 16, 24
DESCRIPTOR, RESULT, CALL, SOCKET_KNOWN = 32, 36, 40, 44
INODE, NETNS, PID_HERE, PROTOCOL, ARGUMENTS_KNOWN, ARGUMENTS_SIZE = 48, 56, 60, 64, 68, 72
ADDRESS, NAME, COMMON = 80, 104, 120
ARGUMENTS = COMMON + COMMON_SIZE
ARGUMENTS_ROOM = 256
SIZE = ARGUMENTS + ARGUMENTS_ROOM

ADDRESS_SHORT, ADDRESS_LONG = 16, 24
"""As much of a sockaddr_in, and of a sockaddr_in6, as matters."""
NAME_SIZE = 16

_HEAD = struct.Struct("4Q2i2IQ2IH2xIQ24s16s")
_PORT = struct.Struct(">H")
CALLS = ("bind", "listen")
BIND, LISTEN = range(2)
_PROTOCOLS = {6: "TCP", 262: "TCP", 17: "UDP", 132: "SCTP"}
"""By the kernel's numbers; 262 is multipath TCP."""
_FAMILIES = {AF_INET: 4, AF_INET6: 6}


class Seen:
    """A call that was seen. The fields are those of minipod.model.binds.BindCall."""

    __slots__ = (
        *("seq", "time", "call", "failed", "pid", "name", "command", "cgroup", "uid"),
        *("protocol", "family", "address", "port", "inode", "netns"),
        *("reuseaddr", "reuseport", "v6only", "count"),
    )

    seq: int
    time: float
    call: str
    failed: bool
    pid: int
    name: str
    command: str | None
    cgroup: int | None
    uid: int | None
    protocol: str | None
    family: int | None
    address: str | None
    port: int | None
    inode: int | None
    netns: int | None
    reuseaddr: bool | None
    reuseport: bool | None
    v6only: bool | None
    count: int

    def __init__(self, **fields: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, fields.get(name))
        self.seq, self.count = 0, 1

    def fields(self) -> dict[str, Any]:
        """Return what is known."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in values if value is not None}


class Decoder:
    """Reads records. Without a layout only what every kernel tells is in them.

    `nested`: the process's number in the PID namespace that /proc here belongs to was recorded.
    `ignored` is the group whose records are of no interest.
    """

    def __init__(self, layout: Layout | None, *, nested: bool = False) -> None:
        self._layout = layout
        self._nested = nested
        self.ignored: int | None = None

    def decode(self, record: bytes) -> Seen | None:
        """Return what a record says; None if it is of no port."""
        (began, thread, cgroup, user, _, result, call, socket_known, inode, netns, *rest) = (
            _HEAD.unpack_from(record)
        )
        if cgroup == self.ignored:
            return None
        pid_here, protocol, arguments_known, arguments_size, address, name = rest
        seen = Seen(
            time=began / 1e9 + time.time() - time.monotonic(),
            call=CALLS[call],
            failed=result == -EADDRINUSE,
            pid=pid_here if self._nested else thread >> 32,
            name=text(name.partition(b"\0")[0]),
            cgroup=cgroup,
            uid=user & 0xFFFFFFFF,
        )
        if self._layout is not None and arguments_known:
            seen.command = command_line(record[ARGUMENTS:][:arguments_size], arguments_size)
        if call == BIND:
            _wanted(seen, address)
        if self._layout is not None and socket_known:
            if protocol not in _PROTOCOLS:
                return None
            seen.protocol = _PROTOCOLS[protocol]
            seen.inode, seen.netns = inode, netns
            _socket(seen, record[COMMON:ARGUMENTS], self._layout)
        return seen if _worth_telling(seen) else None


def _worth_telling(seen: Seen) -> bool:
    """Return whether it is of an internet socket, and whether it took a port, or was refused one.

    Only internet sockets are refused a listen(2) with EADDRINUSE.
    """
    if seen.failed:
        return seen.family is not None or seen.call == CALLS[LISTEN]
    return bool(seen.port)


def _wanted(seen: Seen, address: bytes) -> None:
    """Fill in the address that bind(2) was called with."""
    (family,) = struct.unpack_from("H", address)
    if family in (AF_INET, AF_UNSPEC):  # the latter is IPv4 too (net/ipv4/af_inet.c)
        seen.family, seen.address = 4, inet_ntop(AF_INET, address[4:8])
    elif family == AF_INET6:
        seen.family, seen.address = 6, inet_ntop(AF_INET6, address[8:24])
    else:
        return
    (seen.port,) = _PORT.unpack_from(address, 2)


def _socket(seen: Seen, common: bytes, layout: Layout) -> None:
    """Fill in what the socket itself says: all, but what it was refused."""
    (family,) = struct.unpack_from("H", common, layout.common_family)
    seen.family = _FAMILIES.get(family)
    seen.reuseaddr = bool(_bits(common, layout.common_reuse))
    seen.reuseport = bool(_bits(common, layout.common_reuseport))
    if family == AF_INET6:
        seen.v6only = bool(_bits(common, layout.common_v6only))
    if seen.failed and seen.address is not None:
        return
    if family == AF_INET:
        seen.address = inet_ntop(AF_INET, common[layout.common_address :][:4])
    elif family == AF_INET6 and layout.common_address6 is not None:
        seen.address = inet_ntop(AF_INET6, common[layout.common_address6 :][:16])
    (seen.port,) = struct.unpack_from("H", common, layout.common_port)


def _bits(data: bytes, field: Field) -> int:
    value = data[field.offset] >> field.shift
    return value & (1 << field.bits) - 1 if field.bits else value


def command_line(arguments: bytes, size: int) -> str | None:
    """Return a command line as one could type it, of its first bytes; None if it is empty."""
    cut = size > len(arguments)
    if not cut and not arguments.endswith(b"\0"):
        return text(arguments.partition(b"\0")[0]) or None  # a title over all that was there
    words = text(arguments if cut else arguments[:-1]).split("\0")
    return typed(words) + ("…" if cut else "") if any(words) else None


def text(data: bytes) -> str:
    """Return bytes of a program as text that can be printed and stored."""
    return data.decode(errors="replace")
