"""The pod's own side of its network: lo, eth0, address and default route, in one send.

Raw rtnetlink (rtnetlink(7), include/uapi/linux/rtnetlink.h), for this runs once for each pod, and
a library that knows it all costs the sandbox more memory than the whole rest of it.
"""

from __future__ import annotations

import os
import socket
import struct
from errno import ENODEV

from minipod.sandbox.failures import Refused

_NEWLINK, _NEWADDR, _NEWROUTE, _SETNEIGHTBL, _ERROR = 16, 20, 24, 67, 2
_REQUEST, _ACK, _REPLACE, _CREATE = 0x1, 0x4, 0x100, 0x400
_UP = 1
_LOOPBACK = 1
"""The index of lo in every network namespace."""

_IFLA_AF_SPEC, _AF_INET6, _ADDR_GEN_MODE, _NESTED = 26, 10, 8, 0x8000
_MODE_NONE = b"\1"
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_OIF, _RTA_GATEWAY = 4, 5
_NDTA_NAME, _NDTA_PARMS, _NDTPA_IFINDEX, _NDTPA_RETRANS_TIME = 1, 6, 1, 5
_RETRANS_MS = 100
"""Three questions for a neighbour, this far apart: a pod that is gone is unreachable after 0.3 s.
The kernel's own would be 3 s."""
_TABLE_MAIN, _PROTOCOL_BOOT, _SCOPE_UNIVERSE, _UNICAST = 254, 3, 0, 1
_ANSWERS = 65536


def configure(address: str, prefix: int, gateway: str) -> None:
    """Bring up lo and eth0, with an address and the default route; Refused with the step.

    May be called again, for a new eth0 or the same. eth0 gets no IPv6 address by itself: a link
    that says nothing at its birth is what keeps the creation of many pods flat.
    """
    eth0 = _index_of("eth0")
    ip, router = socket.inet_aton(address), socket.inet_aton(gateway)
    steps = (
        ("bring up lo", _NEWLINK, 0, _link(_LOOPBACK, _UP)),
        ("silence eth0", _NEWLINK, 0, _link(eth0, 0) + _no_address_generation()),
        ("make eth0 impatient", _SETNEIGHTBL, 0, _impatience(eth0)),
        ("bring up eth0", _NEWLINK, 0, _link(eth0, _UP)),
        (
            f"give eth0 the address {address}/{prefix}",
            _NEWADDR,
            _CREATE | _REPLACE,
            struct.pack("BBBBI", socket.AF_INET, prefix, 0, 0, eth0)
            + _attribute(_IFA_LOCAL, ip)
            + _attribute(_IFA_ADDRESS, ip),
        ),
        (
            f"route to {gateway}",
            _NEWROUTE,
            _CREATE | _REPLACE,
            struct.pack(
                "8BI",
                *(socket.AF_INET, 0, 0, 0, _TABLE_MAIN, _PROTOCOL_BOOT, _SCOPE_UNIVERSE, _UNICAST),
                0,
            )
            + _attribute(_RTA_GATEWAY, router)
            + _attribute(_RTA_OIF, struct.pack("I", eth0)),
        ),
    )
    _execute(steps)


def _index_of(name: str) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError:
        raise Refused(f"find {name}", os.strerror(ENODEV), ENODEV) from None


def _link(index: int, flags: int) -> bytes:
    return struct.pack("BBHiII", socket.AF_UNSPEC, 0, 0, index, flags, flags)


def _no_address_generation() -> bytes:
    mode = _attribute(_ADDR_GEN_MODE, _MODE_NONE)
    return _attribute(_IFLA_AF_SPEC | _NESTED, _attribute(_AF_INET6 | _NESTED, mode))


def _impatience(index: int) -> bytes:
    settings = _attribute(_NDTPA_IFINDEX, struct.pack("I", index))
    settings += _attribute(_NDTPA_RETRANS_TIME, struct.pack("Q", _RETRANS_MS))
    return (
        struct.pack("B3x", socket.AF_INET)
        + _attribute(_NDTA_NAME, b"arp_cache\0")
        + _attribute(_NDTA_PARMS | _NESTED, settings)
    )


def _attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("HH", length, kind) + value + bytes(-length % 4)


def _execute(steps: tuple[tuple[str, int, int, bytes], ...]) -> None:
    """Send all steps at once and wait for their answers; Refused with the first that failed."""
    messages = b"".join(
        struct.pack("IHHII", 16 + len(body), kind, _REQUEST | _ACK | flags, number, 0) + body
        for number, (_, kind, flags, body) in enumerate(steps)
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
        link.send(messages)
        errors: dict[int, int] = {}
        while len(errors) < len(steps):
            errors.update(_answers(link.recv(_ANSWERS)))
    for number, (step, *_) in enumerate(steps):
        if errors[number]:
            raise Refused(step, os.strerror(errors[number]), errors[number])


def _answers(data: bytes) -> dict[int, int]:
    """Return errno by the number of the message that it answers."""
    errors = {}
    offset = 0
    while offset < len(data):
        length, kind, _, number = struct.unpack_from("IHHI", data, offset)
        if kind == _ERROR:
            errors[number] = -struct.unpack_from("i", data, offset + 16)[0]
        offset += (length + 3) & ~3
    return errors
