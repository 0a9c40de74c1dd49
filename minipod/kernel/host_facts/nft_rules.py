"""The chains of nftables that see what is forwarded, and the rules that a packet meets in them.

Source: libnftables-json(5). A table that iptables made is better asked of iptables: nft cannot say
what its matches ask for.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

from minipod.model.host_facts import Field, ForwardChain, Match, Rule, Verdict

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    Entry = dict[str, Any]

_OURS = "minipod-"
_VERDICTS = {
    "accept": Verdict.ACCEPT,
    "drop": Verdict.DROP,
    "reject": Verdict.DROP,
    "return": Verdict.RETURN,
    "jump": Verdict.JUMP,
    "goto": Verdict.GOTO,
}
_UNJUDGED = frozenset({"limit", "xt", "ct count", "quota", "last"})
"""Statements that may keep a rule from deciding. Others only count, log, or change a packet."""
_OTHER = Match(Field.OTHER)
_NOT_IPV4 = Match(Field.STATE)
"""Asks for a state of no kind: no packet of IPv4 has it."""
_FIELDS = {
    "saddr": Field.SOURCE,
    "daddr": Field.DESTINATION,
    "iifname": Field.INBOUND,
    "oifname": Field.OUTBOUND,
    "iif": Field.INBOUND,
    "oif": Field.OUTBOUND,
}


def forward_chains(
    ruleset: Sequence[Entry], left_out: Container[tuple[str, str]] = ()
) -> list[ForwardChain]:
    """Return the chains of others at the forward hook.

    `left_out` are tables that another program speaks of: family and name.
    """
    rules = _Rules(ruleset)
    return [
        ForwardChain(
            *("nft", chain["family"], chain["table"], chain["name"]),
            Verdict(chain.get("policy", "accept")),
            rules.of((chain["family"], chain["table"], chain["name"])),
        )
        for entry in ruleset
        if (chain := entry.get("chain")) is not None
        if chain.get("hook") == "forward" and _concerns(chain)
        if (chain["family"], chain["table"]) not in left_out
    ]


def _concerns(chain: Entry) -> bool:
    return chain["family"] in {"ip", "inet"} and not chain["table"].startswith(_OURS)


class _Rules:
    """The rules of all chains by family, table and name; each is read once, when it is asked for.

    The kernel lets no chain lead back to itself.
    """

    def __init__(self, ruleset: Sequence[Entry]) -> None:
        self._entries: dict[tuple[str, str, str], list[Entry]] = {}
        self._read: dict[tuple[str, str, str], tuple[Rule, ...]] = {}
        for entry in ruleset:
            if (rule := entry.get("rule")) is not None:
                place = (rule["family"], rule["table"], rule["chain"])
                self._entries.setdefault(place, []).append(rule)

    def of(self, place: tuple[str, str, str]) -> tuple[Rule, ...]:
        """Return the rules of a chain that decide about packets, in their order."""
        if place not in self._read:
            entries = self._entries.get(place, ())
            self._read[place] = tuple(rule for entry in entries for rule in self._rules(entry))
        return self._read[place]

    def _rules(self, entry: Entry) -> Iterator[Rule]:
        matches: tuple[Match, ...] = ()
        for expression in entry["expr"]:
            for key, value in expression.items():
                if key == "match":
                    matches += _asked(value["left"], value["op"], value["right"])
                elif key in _UNJUDGED:
                    matches += (_OTHER,)
                elif key == "vmap":
                    yield from self._of_map(entry, matches, value)
                elif key in _VERDICTS:
                    yield self._rule(entry, matches, key, value)

    def _of_map(self, entry: Entry, matches: tuple[Match, ...], vmap: Entry) -> Iterator[Rule]:
        """Yield a rule for each element of a verdict map. One with a name is not looked into."""
        data = vmap["data"]
        for asked, verdict in data["set"] if isinstance(data, dict) else ():
            ((key, value),) = verdict.items()
            if key in _VERDICTS:
                yield self._rule(entry, (*matches, *_asked(vmap["key"], "==", asked)), key, value)

    def _rule(self, entry: Entry, matches: tuple[Match, ...], key: str, value: Any) -> Rule:
        inside: tuple[Rule, ...] = ()
        if key in {"jump", "goto"}:
            inside = self.of((entry["family"], entry["table"], value["target"]))
        told = f"the rule with handle {entry['handle']} of chain {entry['chain']}"
        return Rule(_VERDICTS[key], matches, inside, told)


def _asked(left: Entry, op: str, right: Any) -> tuple[Match, ...]:
    """Return what a comparison asks for: nothing where it is so of all packets of IPv4."""
    payload, meta, tracked = (left.get(name, {}) for name in ("payload", "meta", "ct"))
    if payload.get("protocol") == "ip6":
        return (_NOT_IPV4,)
    if meta.get("key") == "nfproto" and op == "==":
        return () if right == "ipv4" else (_NOT_IPV4,)
    values = _values(right)
    if op not in {"==", "in", "!="} or any(str(value).startswith("@") for value in values):
        return (_OTHER,)  # what a set with a name has in it is not looked at
    if tracked.get("key") in {"state", "status"}:
        words = tuple(str(value) for value in values)
        return (Match(Field.STATE, words, negated=op == "!="),)
    field = _FIELDS.get(payload.get("field") or meta.get("key"))
    if field in {Field.SOURCE, Field.DESTINATION} and payload.get("protocol") == "ip":
        return (Match(field, tuple(_block(value) or "" for value in values), negated=op == "!="),)
    if field in {Field.INBOUND, Field.OUTBOUND}:
        return (Match(field, tuple(map(str, values)), negated=op == "!="),)
    return (_OTHER,)


def _values(right: Any) -> list[Any]:
    """Return what a comparison's right side may be: one, or any of a set."""
    if isinstance(right, dict) and "set" in right:
        right = right["set"]
    return right if isinstance(right, list) else [right]


def _block(value: Any) -> IPv4Network | None:
    """Return a network; None for what is none, as a range or the name of a set."""
    text = value if isinstance(value, str) else None
    if isinstance(value, dict) and "prefix" in value:
        text = f"{value['prefix']['addr']}/{value['prefix']['len']}"
    try:
        block = ip_network(text or "")
    except ValueError:
        return None
    return block if isinstance(block, IPv4Network) else None
