"""What becomes of pods' packets in a chain of a packet filter, rule by rule.

A rule is about all packets of a flow, about none, or about some that it is not known of: those are
counted neither way, so what is told holds for a packet that no such rule is about.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.host_facts import Field, Match, Rule, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.model.host_facts import ForwardChain

_ANYTHING = IPv4Network("0.0.0.0/0")
_UNKNOWN = None
_ENDS = frozenset({Verdict.ACCEPT, Verdict.DROP})


class Flow(NamedTuple):
    """Packets that the machine forwards for pods: where from, where to, and their states.

    None is a place, or a link, that may be any but the pods' own.
    """

    source: IPv4Network | None
    destination: IPv4Network | None
    inbound: str | None
    outbound: str | None
    states: frozenset[str]
    pods: IPv4Network
    link: str


class Fate(NamedTuple):
    """What becomes of a flow: whether it passes, and the rule that said so; None is the policy."""

    passes: bool
    by: Rule | None


def out(pods: IPv4Network, link: str, uplink: str | None) -> Flow:
    """Return what pods begin with the outside."""
    return Flow(pods, None, link, uplink, frozenset({"new"}), pods, link)


def back(pods: IPv4Network, link: str, uplink: str | None) -> Flow:
    """Return the outside's answers."""
    return Flow(None, pods, uplink, link, frozenset({"established"}), pods, link)


def to_host_ports(pods: IPv4Network, link: str, uplink: str | None) -> Flow:
    """Return what the outside begins with ports of the machine that lead to pods."""
    return Flow(None, pods, uplink, link, frozenset({"new", "dnat"}), pods, link)


def fate(chain: ForwardChain, flow: Flow) -> Fate:
    """Return what becomes of a flow in a chain."""
    rule = _deciding(chain.rules, flow)
    if rule is None or rule.verdict not in _ENDS:
        return Fate(chain.policy is Verdict.ACCEPT, None)
    return Fate(rule.verdict is Verdict.ACCEPT, rule)


def _deciding(rules: Iterable[Rule], flow: Flow) -> Rule | None:
    """Return the first rule that ends a flow's way through these rules; None if none does."""
    for rule in rules:
        if not all(_asks_for(match, flow) is True for match in rule.matches):
            continue
        if rule.verdict not in {Verdict.JUMP, Verdict.GOTO}:
            return rule
        inside = _deciding(rule.inside, flow)
        if inside is not None and inside.verdict in _ENDS:
            return inside
        if rule.verdict is Verdict.GOTO:
            return rule
    return None


def _asks_for(match: Match, flow: Flow) -> bool | None:
    """Return whether all packets of a flow are what a match asks for, or none; None: some may."""
    compare = _COMPARISONS.get(match.field)
    if compare is None:
        return _UNKNOWN
    answers = {compare(value, flow) for value in match.values}
    found = True if True in answers else _UNKNOWN if _UNKNOWN in answers else False
    return found if found is _UNKNOWN or not match.negated else not found


def _place(asked: str | IPv4Network, place: IPv4Network | None, pods: IPv4Network) -> bool | None:
    if not isinstance(asked, IPv4Network):
        return _UNKNOWN
    if place is None:
        return True if asked == _ANYTHING else False if asked.subnet_of(pods) else _UNKNOWN
    return True if place.subnet_of(asked) else _UNKNOWN if place.overlaps(asked) else False


def _link(asked: str | IPv4Network, link: str | None, pods_link: str) -> bool | None:
    """Compare names of links; nft ends a prefix with *, iptables with +."""
    name = str(asked)
    prefix = name[:-1] if name[-1:] in {"*", "+"} else None
    if link is not None:
        return link == name or (prefix is not None and link.startswith(prefix))
    return True if prefix == "" else False if name == pods_link else _UNKNOWN


_COMPARISONS: dict[Field, Callable[[str | IPv4Network, Flow], bool | None]] = {
    Field.SOURCE: lambda asked, flow: _place(asked, flow.source, flow.pods),
    Field.DESTINATION: lambda asked, flow: _place(asked, flow.destination, flow.pods),
    Field.INBOUND: lambda asked, flow: _link(asked, flow.inbound, flow.link),
    Field.OUTBOUND: lambda asked, flow: _link(asked, flow.outbound, flow.link),
    Field.STATE: lambda asked, flow: asked in flow.states,
}
