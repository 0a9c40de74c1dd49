"""What rules of others say, from what their own programs print."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest

from minipod.kernel.host_facts import iptables, nft_rules
from minipod.model.host_facts import ForwardChain, Rule

CLUSTER = IPv4Network("10.244.0.0/16")

LISTING = """\
-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER-USER
-N LOST
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A FORWARD -d 10.244.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -i docker0 -j LOST
-A FORWARD -s 10.244.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT
-A FORWARD ! -i eth0 -j ACCEPT
-A DOCKER-USER -i minipod-x -m comment --comment "minipod abc -j DROP" -j ACCEPT
-A DOCKER-USER -j RETURN
-A LOST -j ACCEPT
"""
"""As `iptables -S` of version 1.8.9 prints it."""


def test_iptables_says_whom_it_lets_pass() -> None:
    assert iptables.parse(LISTING) == (
        Rule(source=CLUSTER),
        Rule(destination=CLUSTER, answers=True),
        Rule(inbound="minipod-x"),
        Rule(narrow=True),
        Rule(narrow=True),
    )


@pytest.mark.parametrize("listing", ["", LISTING.replace("FORWARD DROP", "FORWARD ACCEPT")])
def test_a_chain_that_lets_all_pass_is_nobody_s_trouble(listing: str) -> None:
    assert iptables.parse(listing) is None


def chain(name: str, table: str = "wall", **base: str) -> dict[str, object]:
    return {"chain": {"family": "inet", "table": table, "name": name} | base}


def rule(name: str, *expressions: object, table: str = "wall") -> dict[str, object]:
    place = {"family": "inet", "table": table, "chain": name}
    return {"rule": place | {"expr": list(expressions)}}


def match(left: object, right: object, op: str = "==") -> object:
    return {"match": {"op": op, "left": left, "right": right}}


HOOK = {"type": "filter", "hook": "forward"}
SOURCE = match(
    {"payload": {"protocol": "ip", "field": "saddr"}},
    {"prefix": {"addr": "10.244.0.0", "len": 16}},
)
STATE = match({"ct": {"key": "state"}}, ["established", "related"], "in")
COUNTER = {"counter": {"packets": 0, "bytes": 0}}
ACCEPT = {"accept": None}


def test_nft_says_which_chains_drop_and_whom_they_let_pass() -> None:
    ruleset = [
        chain("fwd", **HOOK, policy="drop"),
        chain("more"),
        rule("fwd", SOURCE, COUNTER, ACCEPT),
        rule("fwd", STATE, ACCEPT),
        rule("fwd", {"jump": {"target": "more"}}),
        rule("fwd", match({"meta": {"key": "iifname"}}, "eth1"), {"jump": {"target": "fwd"}}),
        rule("more", match({"meta": {"key": "oifname"}}, "lo"), ACCEPT),
        rule("more", match({"meta": {"key": "mark"}}, 7), ACCEPT),
        rule("more", match({"meta": {"key": "iifname"}}, "eth0", "!="), ACCEPT),
    ]
    assert nft_rules.closed(json.loads(json.dumps(ruleset))) == [
        ForwardChain(
            *("nft", "inet", "wall", "fwd", "its policy is drop"),
            (
                Rule(source=CLUSTER),
                Rule(answers=True),
                Rule(outbound="lo"),
                Rule(narrow=True),
                Rule(narrow=True),
            ),
        )
    ]


def test_firewalld_s_policy_accepts_and_its_last_rule_rejects() -> None:
    """As firewalld 1.3 of Debian 12 makes its chain, shortened."""
    table = "firewalld"
    reject = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}
    ruleset = [
        chain("filter_FORWARD", table, **HOOK, policy="accept"),
        rule("filter_FORWARD", STATE, ACCEPT, table=table),
        rule("filter_FORWARD", {"jump": {"target": "filter_FORWARD_POLICIES"}}, table=table),
        rule("filter_FORWARD", reject, table=table),
    ]
    (found,) = nft_rules.closed(ruleset)
    assert (found.table, found.name, found.end) == (
        table,
        "filter_FORWARD",
        "its last rule is reject",
    )
    assert found.accepts == (Rule(answers=True),)


@pytest.mark.parametrize(
    "entry",
    [
        chain("fwd", **HOOK, policy="accept"),
        chain("in", type="filter", hook="input", policy="drop"),
        chain("fwd", "minipod-00aa11", **HOOK, policy="drop"),
        {"chain": {"family": "ip6", "table": "x", "name": "fwd", "policy": "drop"} | HOOK},
    ],
)
def test_chains_that_do_not_concern_us(entry: dict[str, object]) -> None:
    assert nft_rules.closed([entry]) == []


def test_a_table_of_iptables_is_nft_s_to_tell_only_where_iptables_cannot() -> None:
    forward = {"family": "ip", "table": "filter", "name": "FORWARD", "policy": "drop"} | HOOK
    assert len(nft_rules.closed([{"chain": forward}])) == 1
    assert nft_rules.closed([{"chain": forward}], {iptables.TABLE}) == []
    told = iptables.closed([iptables.Listing("iptables", is_new=True, text="-P FORWARD DROP\n")])
    assert told == [ForwardChain("iptables", "ip", "filter", "FORWARD", "its policy is DROP", ())]
