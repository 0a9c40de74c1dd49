"""Forgets where the kernel leads flows to a port: the packets that come next are looked at anew.

A flow is led where the rules said at its first packet, for as long as packets come. Without this,
a client that goes on sending from one UDP port would be led to a pod that is gone, or past a pod
that has just opened the port. Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import HostError
from minipod.model.pod import Protocol
from minipod.syscalls import netlink
from minipod.syscalls.netlink import NESTED, attribute, attributes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from ipaddress import IPv4Address

    from minipod.kernel.protocols import Namespace

_NETLINK_NETFILTER = 12
_GET, _DELETE = 0x101, 0x102  # NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_…

_TUPLE_ORIG = 1
_FILTER = 25
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_IP_DST = 2
_PROTO_NUM, _PROTO_DST_PORT = 1, 3
_FILTER_ORIG_FLAGS, _FILTER_REPLY_FLAGS = 1, 2
_BY_PROTO_NUM, _BY_DST_PORT = 1 << 3, 1 << 5

_FAMILY = struct.pack("=BBH", socket.AF_INET, 0, 0)  # nfgenmsg
_NUMBERS = {Protocol.TCP: socket.IPPROTO_TCP, Protocol.UDP: socket.IPPROTO_UDP}

_BUFFER = 1 << 16
_TIMEOUT = 1.0
_sequence = count(1)


class Port(NamedTuple):
    """What flows were sent to, whatever became of it."""

    protocol: Protocol
    number: int


async def cut(
    namespace: Namespace | None, ports: Iterable[Port], addresses: Collection[IPv4Address]
) -> None:
    """Forget the flows to ports of these addresses: of a namespace, or (None) of the machine.

    HostError.
    """
    family, kind = socket.AF_NETLINK, socket.SOCK_RAW
    asked = (
        socket.socket(family, kind, _NETLINK_NETFILTER)
        if namespace is None
        else await namespace.socket(family, kind, _NETLINK_NETFILTER)
    )
    with asked:
        asked.settimeout(_TIMEOUT)
        try:
            for port in ports:
                _cut(asked, port, {address.packed for address in addresses})
        except OSError as error:
            raise HostError(f"cannot forget flows: {error.strerror or error}") from error


def _cut(asked: socket.socket, port: Port, addresses: Collection[bytes]) -> None:
    found = [
        flow
        for flow in _exchange(asked, _GET, netlink.DUMP, _wanted(port))
        if _is_to(flow, port, addresses)
    ]
    for flow in found:
        for _ in _exchange(asked, _DELETE, netlink.ACK, attribute(_TUPLE_ORIG | NESTED, flow)):
            pass


def _wanted(port: Port) -> bytes:
    """Return the filter; a kernel before 5.8 does not know it, and tells of every flow."""
    flags = struct.pack("=I", _BY_PROTO_NUM | _BY_DST_PORT)
    chosen = attribute(_FILTER_ORIG_FLAGS, flags) + attribute(_FILTER_REPLY_FLAGS, bytes(4))
    proto = attribute(_PROTO_NUM, bytes([_NUMBERS[port.protocol]])) + attribute(
        _PROTO_DST_PORT, port.number.to_bytes(2, "big")
    )
    return attribute(_TUPLE_ORIG | NESTED, attribute(_TUPLE_PROTO | NESTED, proto)) + attribute(
        _FILTER | NESTED, chosen
    )


def _is_to(flow: memoryview, port: Port, addresses: Collection[bytes]) -> bool:
    parts = dict(attributes(flow))
    proto = dict(attributes(parts[_TUPLE_PROTO]))
    number = int.from_bytes(proto.get(_PROTO_DST_PORT, b""), "big")
    if (proto[_PROTO_NUM][0], number) != (_NUMBERS[port.protocol], port.number):
        return False
    return bytes(dict(attributes(parts[_TUPLE_IP])).get(_IP_DST, b"")) in addresses


def _exchange(asked: socket.socket, kind: int, flags: int, body: bytes) -> Iterator[memoryview]:
    """Ask, and yield the sent side of each flow that is told of. A flow may end meanwhile."""
    sequence = next(_sequence) & 0xFFFFFFFF
    asked.send(netlink.message(kind, flags, sequence, _FAMILY + body))
    while True:
        for answer, _, number, told in netlink.messages(asked.recv(_BUFFER)):
            if number != sequence:
                continue
            if answer == netlink.DONE:
                return
            if answer == netlink.ERROR:
                _check(netlink.errno_of(told))
                return
            yield dict(attributes(told[len(_FAMILY) :]))[_TUPLE_ORIG]


def _check(number: int) -> None:
    if number not in (0, errno.ENOENT):
        raise OSError(number, os.strerror(number))
