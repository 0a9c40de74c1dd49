"""What is shown of a step. That the commands work is judged in tests/root/network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from minipod.model.host_ports import HostPort
from minipod.plan import byhand
from minipod.plan.host_ports import Publication
from minipod.plan.network import NetworkPlan

PLAN = NetworkPlan("c0ffee", IPv4Network("10.244.0.0/16"))
NODE = PLAN.node("vm", 0)


def test_a_link_is_one_command_with_the_mac_of_its_address() -> None:
    (deed,) = byhand.link("v1", IPv4Address("10.244.0.5"), "vm", "web")
    assert deed.command == (
        "ip -n vm link add v1 up master pods0 type veth "
        "peer name eth0 address 0a:58:0a:f4:00:05 netns web"
    )


def test_several_groups_are_one_command() -> None:
    assert byhand.groups("minipod/x", ["a", "b"])[0].command == "mkdir -p minipod/x/{a,b}"
    assert byhand.groups("minipod/x", ["a"])[0].command == "mkdir -p minipod/x/a"


def test_a_port_of_one_address_says_which() -> None:
    port = HostPort("UDP", "127.0.0.1", 5353, 53)
    (deed,) = byhand.published(PLAN, [Publication("default/web", port, IPv4Address("10.244.0.5"))])
    assert deed.command == (
        "nft add rule ip minipod-c0ffee hostport-table "
        f"ip daddr 127.0.0.1 udp dport {port.host_port} dnat to 10.244.0.5:{port.container_port}"
    )


def test_an_end_by_a_signal_names_it() -> None:
    (deed,) = byhand.container_ended("app", 137, 9, 1.26)
    assert deed.text == "app ended: exit code 137, by SIGKILL, it ran 1.3 s"
    (deed,) = byhand.container_ended("app", 1, 0, 1.0)
    assert deed.text == "app ended: exit code 1, it ran 1.0 s"
