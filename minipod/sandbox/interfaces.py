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
from minipod.syscalls import netlink
from minipod.syscalls.netlink import attribute

_NEWLINK, _NEWADDR, _NEWROUTE, _SETNEIGHTBL = 16, 20, 24, 67
_UP = 1
_LOOPBACK = 1
"""The index of lo in every network namespace."""

_IFLA_AF_SPEC, _AF_INET6, _ADDR_GEN_MODE = 26, 10, 8
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
            netlink.CREATE | netlink.REPLACE,
            struct.pack("BBBBI", socket.AF_INET, prefix, 0, 0, eth0)
            + attribute(_IFA_LOCAL, ip)
            + attribute(_IFA_ADDRESS, ip),
        ),
        (
            f"route to {gateway}",
            _NEWROUTE,
            netlink.CREATE | netlink.REPLACE,
            struct.pack(
                "8BI",
                *(socket.AF_INET, 0, 0, 0, _TABLE_MAIN, _PROTOCOL_BOOT, _SCOPE_UNIVERSE, _UNICAST),
                0,
            )
            + attribute(_RTA_GATEWAY, router)
            + attribute(_RTA_OIF, struct.pack("I", eth0)),
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
    mode = attribute(_ADDR_GEN_MODE, _MODE_NONE)
    return attribute(_IFLA_AF_SPEC | netlink.NESTED, attribute(_AF_INET6 | netlink.NESTED, mode))


def _impatience(index: int) -> bytes:
    settings = attribute(_NDTPA_IFINDEX, struct.pack("I", index))
    settings += attribute(_NDTPA_RETRANS_TIME, struct.pack("Q", _RETRANS_MS))
    return (
        struct.pack("B3x", socket.AF_INET)
        + attribute(_NDTA_NAME, b"arp_cache\0")
        + attribute(_NDTA_PARMS | netlink.NESTED, settings)
    )


def _execute(steps: tuple[tuple[str, int, int, bytes], ...]) -> None:
    """Send all steps at once and wait for their answers; Refused with the first that failed."""
    requests = b"".join(
        netlink.message(kind, netlink.ACK | flags, number, body)
        for number, (_, kind, flags, body) in enumerate(steps)
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
        link.send(requests)
        errors: dict[int, int] = {}
        while len(errors) < len(steps):
            errors |= {
                number: netlink.errno_of(body)
                for kind, _, number, body in netlink.messages(link.recv(_ANSWERS))
                if kind == netlink.ERROR
            }
    for number, (step, *_) in enumerate(steps):
        if errors[number]:
            raise Refused(step, os.strerror(errors[number]), errors[number])
