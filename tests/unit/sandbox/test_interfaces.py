"""The raw rtnetlink of the sandbox, against a library that knows it all."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from minipod.sandbox import interfaces


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, bytes]]:
    """Give the steps for one address: by name, the kind of message and its body."""
    taken: list[Any] = []
    monkeypatch.setattr(interfaces, "_execute", taken.extend)
    monkeypatch.setattr(interfaces, "_index_of", lambda _name: 7)
    interfaces.configure("10.244.0.2", 24, "10.244.0.1")
    return {name: (kind, body) for name, kind, _, body in taken}


def decoded(kind: type, number: int, body: bytes) -> Any:
    """Return a message as pyroute2 understands it."""
    message = kind(struct.pack("IHHII", 16 + len(body), number, 5, 0, 0) + body)
    message.decode()
    return message


def test_the_address(steps: dict[str, tuple[int, bytes]]) -> None:
    """IFA_LOCAL and IFA_ADDRESS on the link, with the prefix."""
    message = decoded(ifaddrmsg, *steps["give eth0 the address 10.244.0.2/24"])
    assert (message["index"], message["prefixlen"]) == (7, 24)
    assert message.get("IFA_LOCAL") == message.get("IFA_ADDRESS") == "10.244.0.2"


def test_the_default_route(steps: dict[str, tuple[int, bytes]]) -> None:
    """No destination, the gateway, the link."""
    message = decoded(rtmsg, *steps["route to 10.244.0.1"])
    assert (message["dst_len"], message["type"], message["table"]) == (0, 1, 254)
    assert (message.get("RTA_GATEWAY"), message.get("RTA_OIF")) == ("10.244.0.1", 7)


def test_eth0_is_silenced_before_it_is_up(steps: dict[str, tuple[int, bytes]]) -> None:
    """addr_gen_mode none comes in a message of its own, and first: later is too late."""
    names = list(steps)
    assert names.index("silence eth0") < names.index("bring up eth0")
    message = decoded(ifinfmsg, *steps["silence eth0"])
    inet6 = message.get("IFLA_AF_SPEC").get("AF_INET6")
    assert inet6.get("IFLA_INET6_ADDR_GEN_MODE") == 1
    assert decoded(ifinfmsg, *steps["bring up eth0"])["flags"] == 1
