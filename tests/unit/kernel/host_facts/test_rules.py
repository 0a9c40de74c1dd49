"""What rules of others say, from what their own programs print."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest
from msgspec.structs import replace

from minipod.kernel.host_facts import iptables, nft_rules
from minipod.model.host_facts import Field, ForwardChain, Match, Rule, Verdict

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
-A FORWARD -j LOG --log-prefix "gone: "
-A FORWARD -g LOST
-A FORWARD -j REJECT --reject-with icmp-port-unreachable
-A DOCKER-USER -i minipod-x -m comment --comment "minipod abc -j DROP" -j ACCEPT
-A DOCKER-USER -j RETURN
-A LOST -j ACCEPT
"""
"""As `iptables -S` of version 1.8.9 prints it."""


def test_iptables_says_what_forward_does_rule_by_rule() -> None:
    policy, rules = iptables.parse(LISTING) or pytest.fail("it has a chain FORWARD")
    assert policy is Verdict.DROP
    accept, jump = Verdict.ACCEPT, Verdict.JUMP
    states = Match(Field.STATE, ("related", "established", "dnat"))
    own = Rule(accept, (Match(Field.INBOUND, ("minipod-x",)),))
    assert without_words(rules) == (
        Rule(accept, (Match(Field.SOURCE, (CLUSTER,)),)),
        Rule(accept, (Match(Field.DESTINATION, (CLUSTER,)), states)),
        Rule(jump, (), (own, Rule(Verdict.RETURN))),
        Rule(jump, (Match(Field.INBOUND, ("docker0",)),), (Rule(accept),)),
        Rule(accept, (Match(Field.SOURCE, (CLUSTER,)), *[Match(Field.OTHER)] * 2)),
        Rule(accept, (Match(Field.INBOUND, ("eth0",), negated=True),)),
        Rule(Verdict.GOTO, (), (Rule(accept),)),
        Rule(Verdict.DROP),
    )
    assert rules[-1].told == "the rule -A FORWARD -j REJECT --reject-with icmp-port-unreachable"


def without_words(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(replace(rule, told="", inside=without_words(rule.inside)) for rule in rules)


def test_a_listing_without_the_chain_says_nothing() -> None:
    assert iptables.parse("-P INPUT ACCEPT\n") is None


def test_ufw_is_who_speaks_of_its_own_rules() -> None:
    text = "-P FORWARD DROP\n-N ufw-before-forward\n-A FORWARD -j ufw-before-forward\n"
    (found,) = iptables.forward_chains([iptables.Listing("iptables", is_new=True, text=text)])
    assert (found.tool, found.policy) == ("ufw", Verdict.DROP)


def chain(name: str, table: str = "wall", **base: str) -> dict[str, object]:
    return {"chain": {"family": "inet", "table": table, "name": name} | base}


def rule(name: str, *expressions: object, table: str = "wall") -> dict[str, object]:
    place = {"family": "inet", "table": table, "chain": name}
    return {"rule": place | {"handle": 5, "expr": list(expressions)}}


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


def test_nft_says_what_its_chains_do_rule_by_rule() -> None:
    vmap = {"key": {"ct": {"key": "state"}}, "data": {"set": [["invalid", {"drop": None}]]}}
    reject = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}
    outbound = {"set": ["eth0", "eth1"]}
    ruleset = [
        chain("fwd", **HOOK, policy="drop"),
        chain("more"),
        rule("fwd", {"vmap": vmap}),
        rule("fwd", SOURCE, COUNTER, ACCEPT),
        rule("fwd", STATE, ACCEPT),
        rule("fwd", match({"meta": {"key": "iifname"}}, "eth1"), {"goto": {"target": "more"}}),
        rule("fwd", match({"meta": {"key": "oifname"}}, outbound, "!="), reject),
        rule("fwd", COUNTER),
        rule("more", match({"meta": {"key": "mark"}}, 7), ACCEPT),
        rule("more", match({"meta": {"key": "iifname"}}, "@links"), ACCEPT),
        rule("more", {"limit": {"rate": 1, "per": "second"}}, ACCEPT),
        rule("more", match({"payload": {"protocol": "ip6", "field": "saddr"}}, "::1"), ACCEPT),
        rule("more", match({"meta": {"key": "nfproto"}}, "ipv4"), {"return": None}),
    ]
    (found,) = nft_rules.forward_chains(json.loads(json.dumps(ruleset)))
    assert (found.table, found.name, found.policy) == ("wall", "fwd", Verdict.DROP)
    accept = Verdict.ACCEPT
    inside = (
        *[Rule(accept, (Match(Field.OTHER),))] * 3,
        Rule(accept, (Match(Field.STATE),)),  # no packet of IPv4
        Rule(Verdict.RETURN),
    )
    links = Match(Field.OUTBOUND, ("eth0", "eth1"), negated=True)
    assert without_words(found.rules) == (
        Rule(Verdict.DROP, (Match(Field.STATE, ("invalid",)),)),
        Rule(accept, (Match(Field.SOURCE, (CLUSTER,)),)),
        Rule(accept, (Match(Field.STATE, ("established", "related")),)),
        Rule(Verdict.GOTO, (Match(Field.INBOUND, ("eth1",)),), inside),
        Rule(Verdict.DROP, (links,)),
    )
    assert found.rules[0].told == "the rule with handle 5 of chain fwd"


@pytest.mark.parametrize(
    "entry",
    [
        chain("in", type="filter", hook="input", policy="drop"),
        chain("fwd", "minipod-00aa11", **HOOK, policy="drop"),
        {"chain": {"family": "ip6", "table": "x", "name": "fwd", "policy": "drop"} | HOOK},
    ],
)
def test_chains_that_do_not_concern_us(entry: dict[str, object]) -> None:
    assert nft_rules.forward_chains([entry]) == []


def test_a_table_of_iptables_is_nft_s_to_tell_only_where_iptables_cannot() -> None:
    forward = {"family": "ip", "table": "filter", "name": "FORWARD", "policy": "drop"} | HOOK
    assert len(nft_rules.forward_chains([{"chain": forward}])) == 1
    assert nft_rules.forward_chains([{"chain": forward}], {iptables.TABLE}) == []
    listing = iptables.Listing("iptables", is_new=True, text="-P FORWARD DROP\n")
    told = iptables.forward_chains([listing])
    assert told == [ForwardChain("iptables", "ip", "filter", "FORWARD", Verdict.DROP, ())]
