"""Which host ports clash, what is held for them, and where they lead."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from minipod.model.host_ports import Claim, Taken, parse
from minipod.model.pod import Protocol
from minipod.model.sockets import Socket, SocketState
from minipod.plan.host_ports import Publication, clashes, in_order, kept, occupies, to_hold

NODE = IPv4Address("10.244.255.2")
POD = IPv4Address("10.244.0.2")


def ports(*texts: str):
    return [parse(text) for text in texts]


def test_each_wanted_port_is_told_with_the_first_that_has_it() -> None:
    claims = [Claim("default/a", port) for port in ports("8080:80", "127.0.0.1:8081:80")]
    wanted = ports("127.0.0.1:8080:1", "10.0.0.1:8081:1", "8081:1", "8082:1")
    assert clashes(wanted, claims) == [Taken(wanted[0], claims[0]), Taken(wanted[2], claims[1])]


def test_a_socket_holds_what_the_machine_could_take_and_no_more() -> None:
    """Not the node's own address; and one socket on every address is enough."""
    wanted = ports("8080:80", "127.0.0.1:8080:81", "127.0.0.1:8081:80", f"{NODE}:8082:80")
    again = ports("0.0.0.0:8080:82")
    assert [port.key for port in to_hold(wanted + again, NODE)] == [
        "TCP/0.0.0.0/8080",
        "TCP/127.0.0.1/8081",
    ]


def test_only_what_is_held_leads_to_a_pod() -> None:
    wanted = ports("8080:80", "127.0.0.1:8080:81", "127.0.0.1:8081:80", f"{NODE}:8082:80")
    held = {"TCP/0.0.0.0/8080"}
    assert kept(wanted, held, NODE) == (wanted[0], wanted[1], wanted[3])
    assert kept(wanted, set(), NODE) == (wanted[3],)


@pytest.mark.parametrize(
    ("written", "on_host", "on_node"),
    [
        ("8080:80", True, True),
        ("127.0.0.1:8080:80", True, False),
        ("192.0.2.2:8080:80", True, False),
        (f"{NODE}:8080:80", False, True),
    ],
)
def test_an_address_says_where_it_opens(written: str, *, on_host: bool, on_node: bool) -> None:
    publication = Publication("default/a", parse(written), POD)
    assert (publication.on_host(NODE), publication.on_node(NODE)) == (on_host, on_node)


def test_one_address_is_met_before_every_address() -> None:
    wanted = [Publication("default/a", port, POD) for port in ports("80:1", "127.0.0.1:80:2")]
    assert in_order(wanted) == wanted[::-1]


@pytest.mark.parametrize(
    ("address", "v6only", "host_ip", "met"),
    [
        ("0.0.0.0", None, "0.0.0.0", True),
        ("127.0.0.1", None, "0.0.0.0", True),
        ("0.0.0.0", None, "127.0.0.1", True),
        ("127.0.0.1", None, "127.0.0.2", False),
        ("::", False, "127.0.0.1", True),
        ("::", True, "0.0.0.0", False),
        ("::1", False, "0.0.0.0", False),
    ],
)
def test_a_socket_of_the_machine_is_in_the_way(
    address: str, *, v6only: bool | None, host_ip: str, met: bool
) -> None:
    socket = Socket(
        Protocol.TCP, address, 8080, 1, 0, 0, state=SocketState.LISTENING, v6only=v6only
    )
    assert occupies(socket, parse(f"{host_ip}:8080:80")) is met
    assert not occupies(socket, parse(f"{host_ip}:8081:80"))
    assert not occupies(socket, parse(f"{host_ip}:8080:80/udp"))
