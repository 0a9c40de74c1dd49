"""The one raw message of a pod's birth, held against pyroute2's encoding."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from minipod.kernel.rtnetlink import Bridge, PodLink, encode
from minipod.plan.network import mac_address

LINK = PodLink("mpabcdef", Bridge(7, 1450), 11, mac_address(IPv4Address("10.244.0.2")))
HEADER = 16
KNOWN, NEWER = (40, 41), (63, 64)
"""Attributes that pyroute2 knows stand in for those of newer kernels; the numbers are put right."""


def reference() -> bytes:
    """The same link, as pyroute2 writes it."""
    both = [
        ("IFLA_MTU", 1450),
        ("IFLA_NUM_TX_QUEUES", 1),
        ("IFLA_NUM_RX_QUEUES", 1),
        ("IFLA_GSO_MAX_SEGS", 190000),
        ("IFLA_GSO_MAX_SIZE", 190000),
    ]
    peer = {
        "index": 0,
        "attrs": [
            ("IFLA_IFNAME", "eth0"),
            ("IFLA_ADDRESS", "0a:58:0a:f4:00:02"),
            *both,
            ("IFLA_NET_NS_FD", 11),
        ],
    }
    data = {"attrs": [("VETH_INFO_PEER", peer)]}
    message = ifinfmsg()
    message["flags"] = message["change"] = 1
    message["attrs"] = [
        ("IFLA_IFNAME", "mpabcdef"),
        ("IFLA_MASTER", 7),
        *both,
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", data)]}),
    ]
    message.encode()
    return bytes(message.data[HEADER:]).replace(offload(*KNOWN), offload(*NEWER))


def offload(*kinds: int) -> bytes:
    return b"".join(struct.pack("HHI", 8, kind, 190000) for kind in kinds)


def test_the_message_is_what_pyroute2_writes() -> None:
    assert encode(LINK) == reference()
    assert encode(LINK).count(offload(*NEWER)) == 2
