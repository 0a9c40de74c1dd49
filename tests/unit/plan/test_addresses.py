"""Which address a pod gets, and which CIDR a cluster."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.errors import BadRequest
from minipod.plan.addresses import AddressPool, candidates, parse_cluster_cidr

NODE = IPv4Network("10.244.3.0/24")
SMALL = IPv4Network("10.244.3.0/29")

Step = tuple[str, str]
steps = st.lists(st.tuples(st.sampled_from(["allocate", "release"]), st.sampled_from("abcdefgh")))


def play(pool: AddressPool, played: list[Step]) -> AddressPool:
    for what, owner in played:
        if what == "release":
            pool = pool.release(owner)
        elif found := pool.allocate(owner):
            pool = found[0]
    return pool


def full(cidr: IPv4Network) -> AddressPool:
    pool = AddressPool.for_node(cidr)
    for number in range(pool.capacity):
        found = pool.allocate(f"owner{number}")
        assert found is not None
        pool = found[0]
    return pool


@given(steps)
def test_no_two_owners_share_an_address(played: list[Step]) -> None:
    pool = play(AddressPool.for_node(SMALL), played)
    addresses = [pool.address(owner) for owner in pool.used]
    assert len(set(addresses)) == len(addresses)


@given(steps)
def test_every_address_is_one_for_pods(played: list[Step]) -> None:
    """Never the network's, the gateway's or the broadcast address."""
    pool = play(AddressPool.for_node(SMALL), played)
    taken = {pool.address(owner) for owner in pool.used}
    assert taken <= set(SMALL) - {SMALL[0], SMALL[1], SMALL[-1]}


@given(steps)
def test_used_released_and_fresh_make_up_the_whole(played: list[Step]) -> None:
    """Nothing is lost, whatever was taken and given back."""
    pool = play(AddressPool.for_node(SMALL), played)
    fresh = range(pool.fresh, 2 + pool.capacity)
    assert sorted([*pool.used.values(), *pool.released, *fresh]) == list(range(2, 7))


@given(steps)
def test_releasing_what_was_just_taken_changes_nothing_but_the_order(played: list[Step]) -> None:
    pool = play(AddressPool.for_node(SMALL), played)
    found = pool.allocate("new")
    if found is None:
        assert len(pool.used) == pool.capacity
        return
    taken, address = found
    assert taken.address("new") == address
    again = taken.release("new")
    assert again.used == pool.used
    assert again.address("new") is None


@given(steps)
def test_a_released_address_is_the_last_to_be_used_again(played: list[Step]) -> None:
    pool = play(AddressPool.for_node(SMALL), played)
    if not pool.used:
        return
    owner = next(iter(pool.used))
    given_back = pool.address(owner)
    pool = pool.release(owner)
    order = []
    while found := pool.allocate(f"next{len(order)}"):
        pool, address = found
        order.append(address)
    assert order[-1] == given_back


@given(steps)
def test_a_pool_survives_being_written_down(played: list[Step]) -> None:
    pool = play(AddressPool.for_node(SMALL), played)
    assert AddressPool.from_record(json.loads(json.dumps(pool.to_record()))) == pool


def test_never_used_addresses_go_lowest_first() -> None:
    pool = full(NODE)
    assert [pool.address(f"owner{n}") for n in range(3)] == [NODE[2], NODE[3], NODE[4]]


def test_a_node_is_full_at_exactly_253_pods() -> None:
    pool = full(NODE)
    assert len(pool.used) == 253
    assert pool.allocate("one more") is None


def test_an_owner_keeps_its_address_when_it_asks_again() -> None:
    pool = full(NODE)
    found = pool.allocate("owner7")
    assert found is not None
    assert found == (pool, NODE[9])


def test_releasing_for_a_stranger_changes_nothing() -> None:
    pool = full(NODE)
    assert pool.release("stranger") is pool


def test_the_default_cidr_is_tried_first_and_then_its_followers() -> None:
    """10.244.0.0/16 to 10.255.0.0/16, then round to 10.0.0.0/16; each once."""
    found = [str(cidr) for cidr in candidates(None)]
    assert found[:2] == ["10.244.0.0/16", "10.245.0.0/16"]
    assert found[11:13] == ["10.255.0.0/16", "10.0.0.0/16"]
    assert len(set(found)) == 256


def test_a_wanted_cidr_is_tried_first() -> None:
    wanted = IPv4Network("10.244.0.0/20")
    assert list(islice(candidates(wanted), 2)) == [wanted, IPv4Network("10.245.0.0/16")]


@pytest.mark.parametrize("text", ["10.244.0.0/16", "192.168.4.0/22", "100.0.0.0/8"])
def test_a_block_of_a_sensible_size_is_a_cluster_cidr(text: str) -> None:
    assert parse_cluster_cidr(text) == IPv4Network(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.244.0.0/23", "/22"),
        ("10.0.0.0/7", "/8"),
        ("10.244.1.0/16", "10.244.0.0/16"),
        ("10.244.0.0", "/22"),
        ("fd00::/64", "/22"),
        ("nonsense", "/22"),
        ("127.0.0.0/16", "private"),
        ("224.0.0.0/16", "private"),
    ],
)
def test_what_cannot_be_a_cluster_cidr_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(BadRequest, match="cannot use cluster CIDR") as caught:
        parse_cluster_cidr(text)
    assert hint in str(caught.value.hint)


def test_a_pools_address_is_of_its_cidr() -> None:
    assert full(NODE).address("owner0") == IPv4Address("10.244.3.2")
