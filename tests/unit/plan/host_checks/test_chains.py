"""What becomes of pods' packets in a chain: by the first rule that is about all of them."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from minipod.model.host_facts import Field, ForwardChain, Match, Rule, Verdict
from minipod.plan.host_checks import chains

PODS = IPv4Network("10.244.0.0/16")
LINK = "minipod-00aa11"
WHERE = (PODS, LINK, "eth0")
ACCEPT, DROP = Rule(Verdict.ACCEPT), Rule(Verdict.DROP)
OTHER = Match(Field.OTHER)


def source(*blocks: str, negated: bool = False) -> Match:
    return Match(Field.SOURCE, tuple(map(IPv4Network, blocks)), negated)


def destination(*blocks: str, negated: bool = False) -> Match:
    return Match(Field.DESTINATION, tuple(map(IPv4Network, blocks)), negated)


def comes_by(*links: str, negated: bool = False) -> Match:
    return Match(Field.INBOUND, links, negated)


def leaves_by(*links: str, negated: bool = False) -> Match:
    return Match(Field.OUTBOUND, links, negated)


def state(*words: str, negated: bool = False) -> Match:
    return Match(Field.STATE, words, negated)


def accept(*matches: Match) -> Rule:
    return Rule(Verdict.ACCEPT, matches)


def drop(*matches: Match) -> Rule:
    return Rule(Verdict.DROP, matches)


def jump(*inside: Rule, on: tuple[Match, ...] = (), verdict: Verdict = Verdict.JUMP) -> Rule:
    return Rule(verdict, on, inside)


def passes(*rules: Rule, policy: Verdict = Verdict.DROP) -> str:
    """Return which flows pass: out, answers back, to host ports; a letter each."""
    seen = ForwardChain("nft", "inet", "wall", "fwd", policy, rules)
    flows = {"o": chains.out, "b": chains.back, "p": chains.to_host_ports}
    return "".join(name for name, of in flows.items() if chains.fate(seen, of(*WHERE)).passes)


@pytest.mark.parametrize(
    ("rules", "passing"),
    [
        ((), ""),
        ((ACCEPT,), "obp"),
        ((DROP, ACCEPT), ""),
        ((accept(source("10.0.0.0/8")),), "o"),
        ((accept(source("10.244.3.0/24")),), ""),
        ((accept(source("10.0.0.0/8")), accept(state("established", "related"))), "ob"),
        ((accept(source("0.0.0.0/0")),), "obp"),
        ((accept(destination("10.244.0.0/16"), state("established", "dnat")),), "bp"),
        ((accept(destination("192.0.2.0/24")),), ""),
        ((accept(comes_by("minipod-*")), accept(leaves_by("minipod-+"))), "obp"),
        ((accept(comes_by(LINK), leaves_by("eth0")),), "o"),
        ((accept(comes_by("docker0")), accept(leaves_by("docker0"))), ""),
        ((accept(comes_by("docker0", negated=True)),), "obp"),
        ((accept(source("10.244.0.0/16"), OTHER),), ""),
        # The first rule that is about all of it decides.
        ((drop(source("10.0.0.0/8")), ACCEPT), "bp"),
        ((accept(source("10.0.0.0/8")), drop(source("10.0.0.0/8"))), "o"),
        ((drop(state("invalid")), ACCEPT), "obp"),
        ((drop(state("new"), comes_by("eth0")), ACCEPT), "ob"),
        ((drop(state("established", negated=True)), ACCEPT), "b"),
        ((drop(comes_by(LINK), leaves_by("docker0")), ACCEPT), "obp"),
        # What some of it may meet is counted neither way.
        ((drop(source("10.244.3.0/24")), ACCEPT), "obp"),
        ((drop(OTHER), ACCEPT), "obp"),
        ((accept(OTHER), DROP), ""),
        # Chains that a rule leads to, and back from.
        ((jump(accept(state("established"))), DROP), "b"),
        ((jump(DROP, on=(comes_by(LINK),)), ACCEPT), "bp"),
        ((jump(DROP, on=(OTHER,)), ACCEPT), "obp"),
        ((jump(Rule(Verdict.RETURN), DROP), ACCEPT), "obp"),
        ((jump(Rule(Verdict.RETURN, (source("10.0.0.0/8"),)), DROP), ACCEPT), "o"),
        ((jump(verdict=Verdict.GOTO), ACCEPT), ""),
        ((Rule(Verdict.RETURN), ACCEPT), ""),
    ],
)
def test_the_first_rule_that_is_about_all_of_a_flow_decides(
    rules: tuple[Rule, ...], passing: str
) -> None:
    assert passes(*rules) == passing


def test_without_a_rule_the_policy_decides() -> None:
    assert passes(policy=Verdict.ACCEPT) == "obp"
    assert passes(DROP, policy=Verdict.ACCEPT) == ""
    assert passes(Rule(Verdict.RETURN), DROP, policy=Verdict.ACCEPT) == "obp"


def test_it_is_told_which_rule_it_was() -> None:
    last = Rule(Verdict.DROP, told="the last")
    seen = ForwardChain("nft", "inet", "wall", "fwd", Verdict.ACCEPT, (jump(last),))
    assert chains.fate(seen, chains.out(*WHERE)) == (False, last)


def test_links_that_are_not_known_are_counted_neither_way() -> None:
    seen = ForwardChain("nft", "inet", "wall", "fwd", Verdict.DROP, (accept(leaves_by("eth0")),))
    assert not chains.fate(seen, chains.out(PODS, LINK, None)).passes
    assert chains.fate(seen, chains.out(PODS, LINK, "eth0")).passes
