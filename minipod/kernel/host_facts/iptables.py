"""The chain FORWARD of iptables, of both kinds, and the rules that a packet meets in it.

To list a table of the old kind makes it, if it is not there: so only what there is is listed.
Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import os
import shlex
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from minipod.kernel.programs import find, run
from minipod.model.host_facts import Field, ForwardChain, Match, Rule, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLE = ("ip", "filter")
_CHAIN = "FORWARD"
_OLD_TABLES = Path("/proc/net/ip_tables_names")
_FIELDS = {
    "-s": Field.SOURCE,
    "-d": Field.DESTINATION,
    "-i": Field.INBOUND,
    "-o": Field.OUTBOUND,
}
_NETWORKS = frozenset({"-s", "-d"})
_STATES = frozenset({"--ctstate", "--state"})
_HARMLESS = frozenset({"-m", "--comment"})
_VERDICTS = {
    "ACCEPT": Verdict.ACCEPT,
    "DROP": Verdict.DROP,
    "REJECT": Verdict.DROP,
    "RETURN": Verdict.RETURN,
}
_UFW, _UFW_CHAIN = "ufw", "ufw-before-forward"


class Listing(NamedTuple):
    """What a program printed of its tables. `is_new`: they are those of nftables, too."""

    tool: str
    is_new: bool
    text: str


async def listings() -> list[Listing]:
    """Return what each kind of iptables says that can say it. HostError."""
    found = []
    for tool in _tools():
        text = await _listed(tool)
        if text is not None:
            found.append(Listing(tool, _is_new(tool), text))
    return found


def forward_chains(listed: Sequence[Listing]) -> list[ForwardChain]:
    """Return the chains FORWARD."""
    return [
        ForwardChain(_speaker(each), *TABLE, _CHAIN, *found)
        for each in listed
        if (found := parse(each.text)) is not None
    ]


def _speaker(listing: Listing) -> str:
    """Return the program that a person changes this by: ufw makes its rules anew now and then."""
    return _UFW if f"-N {_UFW_CHAIN}\n" in listing.text else listing.tool


def parse(listing: str) -> tuple[Verdict, tuple[Rule, ...]] | None:
    """Return FORWARD's policy and its rules, of `iptables -S`; None if there is no such chain."""
    lines = [shlex.split(line) for line in listing.splitlines()]
    policy = next((line[2] for line in lines if line[:2] == ["-P", _CHAIN]), None)
    if policy is None:
        return None
    verdict = Verdict.DROP if policy == "DROP" else Verdict.ACCEPT
    return verdict, _Chains(lines).of(_CHAIN)


class _Chains:
    """The rules of all chains; each is read once. The kernel lets none lead back to itself."""

    def __init__(self, lines: Sequence[list[str]]) -> None:
        self._lines: dict[str, list[list[str]]] = {line[1]: [] for line in lines if len(line) > 1}
        self._read: dict[str, tuple[Rule, ...]] = {}
        for line in lines:
            if line[0] == "-A":
                self._lines[line[1]].append(line)

    def of(self, chain: str) -> tuple[Rule, ...]:
        """Return the rules of a chain that decide about packets, in their order."""
        if chain not in self._read:
            rules = map(self._rule, self._lines[chain])
            self._read[chain] = tuple(rule for rule in rules if rule is not None)
        return self._read[chain]

    def _rule(self, line: Sequence[str]) -> Rule | None:
        """Return a rule; None for one that only logs or marks."""
        matches, target, goes = _parts(line[2:])
        told = f"the rule {shlex.join(line)}"
        if target in _VERDICTS:
            return Rule(_VERDICTS[target], matches, told=told)
        if target not in self._lines:
            return None
        verdict = Verdict.GOTO if goes else Verdict.JUMP
        return Rule(verdict, matches, self.of(target), told)


def _parts(words: Sequence[str]) -> tuple[tuple[Match, ...], str, bool]:
    """Return what a rule asks for, its target, and whether it goes there for good."""
    matches: list[Match] = []
    negated = False
    pairs = iter(words)
    for word in pairs:
        if word == "!":
            negated = True
            continue
        value = next(pairs, "")
        if word in {"-j", "-g"}:
            return tuple(matches), value, word == "-g"  # what follows is about the target
        if word not in _HARMLESS:
            matches.append(_match(word, value, negated=negated))
        negated = False
    return tuple(matches), "", False


def _match(word: str, value: str, *, negated: bool) -> Match:
    if word in _NETWORKS:
        return Match(_FIELDS[word], (IPv4Network(value, strict=False),), negated)
    if word in _FIELDS:
        return Match(_FIELDS[word], (value,), negated)
    if word in _STATES:
        return Match(Field.STATE, tuple(value.lower().split(",")), negated)
    return Match(Field.OTHER)


def _tools() -> Iterator[str]:
    """Yield the programs by which FORWARD can be listed and changed."""
    names = [name for name in ("iptables", "iptables-nft", "iptables-legacy") if find(name)]
    new = [name for name in names if _is_new(name)]
    old = [name for name in names if name not in new]
    yield from new[:1]
    if _has_old_table():
        yield from old[:1]


def _is_new(name: str) -> bool:
    """Return whether a program speaks of nftables' tables: so its file is called."""
    return os.path.basename(os.path.realpath(find(name) or "")) == "xtables-nft-multi"


def _has_old_table() -> bool:
    try:
        return "filter" in _OLD_TABLES.read_text().split()
    except OSError:
        return False


async def _listed(name: str) -> str | None:
    """Return what a program lists; None if it cannot read what others wrote there. HostError."""
    program = find(name)
    assert program is not None  # `_tools` found it
    done = await run(program, "-w", "-S")
    return done.output.decode(errors="replace") if done.code == 0 else None
