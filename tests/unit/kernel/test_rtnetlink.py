"""The one raw message of a pod's birth, held against pyroute2's encoding."""

from __future__ import annotations

from ipaddress import IPv4Address

from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from minipod.kernel.rtnetlink import Bridge, PodLink, encode
from minipod.plan.network import mac_address

LINK = PodLink("mpabcdef", Bridge(7, 1450), 11, mac_address(IPv4Address("10.244.0.2")))
HEADER = 16


def reference() -> bytes:
    """The same link, as pyroute2 writes it."""
    peer = {
        "index": 0,
        "attrs": [
            ("IFLA_IFNAME", "eth0"),
            ("IFLA_ADDRESS", "0a:58:0a:f4:00:02"),
            ("IFLA_MTU", 1450),
            ("IFLA_NUM_TX_QUEUES", 1),
            ("IFLA_NUM_RX_QUEUES", 1),
            ("IFLA_NET_NS_FD", 11),
        ],
    }
    data = {"attrs": [("VETH_INFO_PEER", peer)]}
    message = ifinfmsg()
    message["flags"] = message["change"] = 1
    message["attrs"] = [
        ("IFLA_IFNAME", "mpabcdef"),
        ("IFLA_MTU", 1450),
        ("IFLA_MASTER", 7),
        ("IFLA_NUM_TX_QUEUES", 1),
        ("IFLA_NUM_RX_QUEUES", 1),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", data)]}),
    ]
    message.encode()
    return bytes(message.data[HEADER:])


def test_the_message_is_what_pyroute2_writes() -> None:
    assert encode(LINK) == reference()
