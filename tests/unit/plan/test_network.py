"""Where everything of one root lies."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from minipod.plan.addresses import candidates
from minipod.plan.network import NetworkPlan, mac_address

PLAN = NetworkPlan("0a1b2c", IPv4Network("10.244.0.0/16"))


def test_the_fabric_is_the_last_block_of_the_cluster() -> None:
    assert PLAN.fabric == IPv4Network("10.244.255.0/24")
    assert (PLAN.fabric_address, PLAN.host_address) == (
        IPv4Address("10.244.255.1"),
        IPv4Address("10.244.255.254"),
    )


def test_a_node_has_a_block_of_its_own_and_an_address_on_the_fabric() -> None:
    node = PLAN.node("worker", 3)
    assert node.cidr == IPv4Network("10.244.3.0/24")
    assert node.gateway == IPv4Address("10.244.3.1")
    assert node.address == IPv4Address("10.244.255.5")
    assert node.uplink == "node3"


@pytest.mark.parametrize("text", ["10.244.0.0/22", "10.0.0.0/8", "172.16.0.0/12"])
def test_nodes_and_fabric_of_any_size_of_cluster_do_not_overlap(text: str) -> None:
    plan = NetworkPlan("0a1b2c", IPv4Network(text))
    assert plan.fabric.subnet_of(plan.cluster)
    assert not plan.node("first", 0).cidr.overlaps(plan.fabric)
    assert plan.node("first", 0).cidr.subnet_of(plan.cluster)


def test_names_on_the_host_fit_an_interface_name() -> None:
    """IFNAMSIZ is 16 with the NUL."""
    assert len(PLAN.host_link) <= 15


def test_a_mac_derives_from_the_address() -> None:
    assert mac_address(IPv4Address("10.244.0.2")) == bytes.fromhex("0a580af40002")


def test_every_candidate_has_room_for_a_node_and_the_fabric() -> None:
    assert all(cidr.prefixlen <= 22 for cidr in candidates(None))
