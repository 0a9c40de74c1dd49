"""The one nftables table of a root on the host, and what every rule in it is made of.

Pods that leave the cluster take the host's address: that rule is here. Each part of the table has
chains of its own, and is made anew without touching the others.

nft is run as a program with JSON in and out (libnftables-json(5)). A table counts as ours if a
rule in it bears our mark as its comment.
"""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import HostError
from minipod.kernel import programs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network

    from minipod.plan.network import NetworkPlan

    Command = dict[str, Any]

_FAMILY = "ip"
_CHAIN = "postrouting"
RAW, DSTNAT, SRCNAT = -300, -100, 100
"""Priorities of hooks: before connections are tracked, to lead them, to mask them."""


class BaseChain(NamedTuple):
    """A chain of ours; the kernel calls it if it has a `hook`, else our rules do."""

    name: str
    kind: str = ""
    hook: str = ""
    priority: int = 0

    def renewed(self, plan: NetworkPlan) -> list[Command]:
        """Return the commands after which the table has the chain, empty."""
        own = {"family": _FAMILY, "table": plan.table, "name": self.name}
        base = {"type": self.kind, "hook": self.hook, "prio": self.priority, "policy": "accept"}
        return [
            {"add": {"table": {"family": _FAMILY, "name": plan.table}}},
            {"add": {"chain": own | (base if self.hook else {})}},
            {"flush": {"chain": own}},
        ]

    def rule(self, plan: NetworkPlan, expressions: list[Command], about: str = "") -> Command:
        """Return the command that adds a rule; its comment is our mark, or what it is about."""
        place = {"family": _FAMILY, "table": plan.table, "chain": self.name}
        return {"add": {"rule": place | {"comment": about or plan.mark, "expr": expressions}}}

    def removed(self, plan: NetworkPlan) -> Command:
        """Return the command that removes the chain, once nothing leads to it."""
        return {"delete": {"chain": {"family": _FAMILY, "table": plan.table, "name": self.name}}}


class Chain(NamedTuple):
    """A chain; `table` with its family, as "ip filter". The kernel calls it if it has a `hook`."""

    table: str
    name: str
    kind: str | None
    hook: str | None
    policy: str | None


def masquerade(plan: NetworkPlan) -> list[Command]:
    """Return the commands that make the pods' way out anew, in one transaction."""
    chain = BaseChain(_CHAIN, "nat", "postrouting", SRCNAT)
    cluster = prefix(plan.cluster)
    rule = [
        match("==", address("saddr"), cluster),
        match("!=", address("daddr"), cluster),
        match("!=", {"meta": {"key": "oifname"}}, plan.host_link),
        {"masquerade": None},
    ]
    return [*chain.renewed(plan), chain.rule(plan, rule)]


class Owner(Enum):
    """Whose the table with our name is."""

    NOBODY = auto()
    MINIPOD = auto()
    STRANGER = auto()


async def owner(plan: NetworkPlan) -> Owner:
    """Return whose the table with this root's name is. HostError."""
    if plan.table not in await tables():
        return Owner.NOBODY
    entries = await _list("table", _FAMILY, plan.table)
    marked = any(entry["rule"].get("comment") == plan.mark for entry in entries if "rule" in entry)
    return Owner.MINIPOD if marked else Owner.STRANGER


async def refuse_stranger(plan: NetworkPlan) -> None:
    """Raise HostError if somebody else has a table of our name."""
    if await owner(plan) is Owner.STRANGER:
        raise HostError(
            f"nftables table {_FAMILY} {plan.table} exists and is not minipod's: rename it"
        )


async def make(plan: NetworkPlan) -> None:
    """Make the pods' way out, or make it anew. HostError, also if the table is not ours."""
    await refuse_stranger(plan)
    await apply(masquerade(plan))


async def remove(plan: NetworkPlan) -> None:
    """Remove the root's table; nothing happens if there is none of ours, or no nft."""
    if find() is not None and await owner(plan) is Owner.MINIPOD:
        await apply([{"delete": {"table": {"family": _FAMILY, "name": plan.table}}}])


async def chains() -> list[Chain]:
    """Return the chains that IPv4 packets may meet, of all tables. HostError."""
    return chains_in(await _list("chains"))


async def ruleset() -> list[Command]:
    """Return all tables, chains and rules, as nft gives them. HostError."""
    return await _list("ruleset")


async def tables() -> list[str]:
    """Return the names of the tables of our family. HostError."""
    listed = [entry["table"] for entry in await _list("tables") if "table" in entry]
    return [table["name"] for table in listed if table["family"] == _FAMILY]


def chains_in(entries: Sequence[Command]) -> list[Chain]:
    """Return the chains that IPv4 packets may meet, of what nft listed."""
    found = [entry["chain"] for entry in entries if "chain" in entry]
    return [
        Chain(
            f"{chain['family']} {chain['table']}",
            chain["name"],
            chain.get("type"),
            chain.get("hook"),
            chain.get("policy"),
        )
        for chain in found
        if chain["family"] in {"ip", "inet"}
    ]


def find() -> str | None:
    """Return the path of the program; None if it is not installed."""
    return programs.find("nft")


def match(operator: str, left: Command, right: Command | str | int) -> Command:
    """Return an expression that compares."""
    return {"match": {"op": operator, "left": left, "right": right}}


def address(field: str) -> Command:
    """Return the packet's address: saddr or daddr."""
    return {"payload": {"protocol": "ip", "field": field}}


def prefix(network: IPv4Network) -> Command:
    """Return a block of addresses."""
    return {"prefix": {"addr": str(network[0]), "len": network.prefixlen}}


async def apply(commands: Sequence[Command], netns: int | None = None) -> None:
    """Do commands in one transaction: here, or in the namespace of a descriptor. HostError."""
    await _run("-j", "-f", "-", text=json.dumps({"nftables": commands}), netns=netns)


async def _list(*what: str) -> list[dict[str, Any]]:
    answer = await _run("-j", "list", *what)
    entries: list[dict[str, Any]] = json.loads(answer)["nftables"]
    return entries


async def _run(*argv: str, text: str = "", netns: int | None = None) -> bytes:
    """Run nft and return its output. HostError with its first complaint."""
    program = find()
    if program is None:
        raise HostError("cannot run nft: it is not installed", hint="install the package nftables")
    done = await programs.run(program, *argv, text=text.encode(), netns=netns)
    if done.code != 0:
        cause = done.complaint.decode(errors="replace").partition("\n")[0].removeprefix("Error: ")
        raise HostError(f"cannot run nft {' '.join(argv)}: {cause or done.code}")
    return done.output
