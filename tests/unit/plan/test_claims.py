"""Who has which cluster CIDR of a host."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.plan.claims import CidrClaim, HostRoute, any_switched, held, is_free, others

CIDR = IPv4Network("10.244.0.0/16")
OURS, THEIRS = "00aa11", "00bb22"


def free(*routes: HostRoute) -> bool:
    return is_free(CIDR, routes, OURS, f"minipod-{OURS}")


@pytest.mark.parametrize("taken", ["10.244.0.0/16", "10.244.7.0/24", "10.0.0.0/8", "10.244.0.9/32"])
def test_a_block_that_the_host_routes_is_taken(taken: str) -> None:
    assert not free(HostRoute(IPv4Network(taken), "eth1"))


@pytest.mark.parametrize("route", ["0.0.0.0/1", "0.0.0.0/5", "10.245.0.0/16", "127.0.0.0/8"])
def test_other_blocks_and_halves_of_a_default_route_do_not_matter(route: str) -> None:
    assert free(HostRoute(IPv4Network(route), "tun0"))


def test_our_own_claim_and_link_do_not_stand_in_our_way() -> None:
    assert free(
        HostRoute(CIDR, claim=CidrClaim(OURS, switched=False)),
        HostRoute(CIDR, f"minipod-{OURS}"),
    )


def test_another_roots_claim_does() -> None:
    assert not free(HostRoute(CIDR, claim=CidrClaim(THEIRS, switched=False)))


def test_claims_are_told_apart_by_their_root() -> None:
    routes = [HostRoute(CIDR, claim=CidrClaim(OURS, True)), HostRoute(CIDR, "eth0")]
    assert held(routes, OURS) == [CIDR]
    assert others(routes, OURS) == []
    assert others(routes, THEIRS) == [CidrClaim(OURS, True)]


def test_forwarding_is_minipods_doing_if_any_claim_says_so() -> None:
    assert any_switched([HostRoute(CIDR, claim=CidrClaim(THEIRS, True))])
    assert not any_switched([HostRoute(CIDR, claim=CidrClaim(THEIRS, False)), HostRoute(CIDR)])


@given(st.text("0123456789abcdef", min_size=6, max_size=6), st.booleans())
def test_a_claim_survives_being_a_number_of_32_bits(root_id: str, switched: bool) -> None:
    claim = CidrClaim(root_id, switched)
    assert CidrClaim.from_tag(claim.tag) == claim
    assert 0 <= claim.tag < 1 << 32
