"""What chains of nftables drop of forwarded packets, and what they let pass.

Source: libnftables-json(5). A table that iptables made is better asked of iptables: nft cannot say
what its matches ask for.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

from minipod.model.host_facts import ForwardChain, Rule

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    Entry = dict[str, Any]

_OURS = "minipod-"
_ENDS = ("drop", "reject")
_HARMLESS = frozenset({"counter", "accept", "log", "limit", "comment"})
_DEEPEST = 8


def closed(
    ruleset: Sequence[Entry], left_out: Container[tuple[str, str]] = ()
) -> list[ForwardChain]:
    """Return the chains at the forward hook that drop what no rule accepts.

    `left_out` are tables that another program speaks of: family and name.
    """
    chains = [entry["chain"] for entry in ruleset if "chain" in entry]
    rules = [entry["rule"] for entry in ruleset if "rule" in entry]
    return [
        ForwardChain("nft", chain["family"], chain["table"], chain["name"], end, tuple(accepts))
        for chain in chains
        if chain.get("hook") == "forward" and _concerns(chain)
        if (chain["family"], chain["table"]) not in left_out
        if (end := _end(chain, rules)) is not None
        for accepts in [_accepts(rules, chain, chain["name"], _DEEPEST)]
    ]


def _concerns(chain: Entry) -> bool:
    return chain["family"] in {"ip", "inet"} and not chain["table"].startswith(_OURS)


def _end(chain: Entry, rules: Sequence[Entry]) -> str | None:
    """Say how a chain ends for what no rule accepts, if badly."""
    if chain.get("policy") == "drop":
        return "its policy is drop"
    own = _of(rules, chain, chain["name"])
    last = own[-1]["expr"] if own else []
    verdicts = {key for expression in last for key in expression} & {*_ENDS}
    matches = any("match" in expression for expression in last)
    return f"its last rule is {verdicts.pop()}" if verdicts and not matches else None


def _of(rules: Sequence[Entry], chain: Entry, name: str) -> list[Entry]:
    place = (chain["family"], chain["table"], name)
    return [rule for rule in rules if (rule["family"], rule["table"], rule["chain"]) == place]


def _accepts(rules: Sequence[Entry], chain: Entry, name: str, depth: int) -> Iterator[Rule]:
    """Yield the rules that accept, of a chain and of those that every packet is sent to."""
    for rule in _of(rules, chain, name):
        expressions: list[Entry] = rule["expr"]
        target = next((e["jump"]["target"] for e in expressions if "jump" in e), None)
        if any("accept" in expression for expression in expressions):
            yield _rule(expressions)
        elif target is not None and depth and not any("match" in e for e in expressions):
            yield from _accepts(rules, chain, target, depth - 1)


def _rule(expressions: list[Entry]) -> Rule:
    found: dict[str, Any] = {}
    for expression in expressions:
        match = expression.get("match")
        if match is not None and match["op"] in {"==", "in"}:
            found |= _asked(match["left"], match["right"])
        elif _HARMLESS.isdisjoint(expression):
            found["narrow"] = True
    return Rule(**found)


def _asked(left: Entry, right: Any) -> dict[str, Any]:
    """Return the field of a Rule that a comparison stands for."""
    field = left.get("payload", {}).get("field") or left.get("meta", {}).get("key")
    block = _block(right)
    match field:
        case "saddr" if block is not None:
            return {"source": block}
        case "daddr" if block is not None:
            return {"destination": block}
        case "iifname" if isinstance(right, str):
            return {"inbound": right}
        case "oifname" if isinstance(right, str):
            return {"outbound": right}
    if left.get("ct", {}).get("key") in {"state", "status"}:
        return {"answers": True}
    return {"narrow": True}


def _block(right: Any) -> IPv4Network | None:
    text = right if isinstance(right, str) else None
    if isinstance(right, dict) and "prefix" in right:
        text = f"{right['prefix']['addr']}/{right['prefix']['len']}"
    try:
        block = ip_network(text or "")
    except ValueError:
        return None
    return block if isinstance(block, IPv4Network) else None
