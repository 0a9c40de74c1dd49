"""What the chain FORWARD of iptables drops, and what it lets pass: of both kinds of iptables.

To list a table of the old kind makes it, if it is not there: so only what there is is listed.
Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import os
import shlex
import shutil
from asyncio import subprocess
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import HostError
from minipod.kernel.nft import SYSTEM_PATH
from minipod.model.host_facts import ForwardChain, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLE = ("ip", "filter")
_CHAIN = "FORWARD"
_OLD_TABLES = Path("/proc/net/ip_tables_names")
_FIELDS = {"-s": "source", "-d": "destination", "-i": "inbound", "-o": "outbound"}
_NETWORKS = frozenset({"-s", "-d"})
_STATES = frozenset({"--ctstate", "--state"})
_HARMLESS = frozenset({"-m", "--comment", "-j"})
_DEEPEST = 8


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


def closed(listed: Sequence[Listing]) -> list[ForwardChain]:
    """Return the chains FORWARD that drop what no rule accepts."""
    return [
        ForwardChain(each.tool, *TABLE, _CHAIN, "its policy is DROP", rules)
        for each in listed
        if (rules := parse(each.text)) is not None
    ]


def parse(listing: str) -> tuple[Rule, ...] | None:
    """Return what FORWARD accepts, of `iptables -S`; None if it drops nothing by itself."""
    lines = [shlex.split(line) for line in listing.splitlines()]
    if ["-P", _CHAIN, "DROP"] not in lines:
        return None
    return tuple(_accepts([line for line in lines if line[0] == "-A"], _CHAIN, _DEEPEST))


def _accepts(lines: Sequence[list[str]], chain: str, depth: int) -> Iterator[Rule]:
    chains = {line[1] for line in lines}
    for line in lines:
        if line[1] != chain or "-j" not in line:
            continue
        target = line[line.index("-j") + 1]
        rule = _rule(line[2:])
        if target == "ACCEPT":
            yield rule
        elif target in chains and depth and rule == Rule():
            yield from _accepts(lines, target, depth - 1)


def _rule(words: Sequence[str]) -> Rule:
    found: dict[str, Any] = {}
    pairs = iter(words)
    for word in pairs:
        value = next(pairs, "")
        if word in _NETWORKS:
            found[_FIELDS[word]] = IPv4Network(value, strict=False)
        elif word in _FIELDS:
            found[_FIELDS[word]] = value
        elif word in _STATES:
            found["answers"] = True
        elif word not in _HARMLESS:
            return Rule(narrow=True)
    return Rule(**found)


def _tools() -> Iterator[str]:
    """Yield the programs by which FORWARD can be listed and changed."""
    names = [name for name in ("iptables", "iptables-nft", "iptables-legacy") if _find(name)]
    new = [name for name in names if _is_new(name)]
    old = [name for name in names if name not in new]
    yield from new[:1]
    if _has_old_table():
        yield from old[:1]


def _is_new(name: str) -> bool:
    """Return whether a program speaks of nftables' tables: so its file is called."""
    return os.path.basename(os.path.realpath(_find(name) or "")) == "xtables-nft-multi"


def _has_old_table() -> bool:
    try:
        return "filter" in _OLD_TABLES.read_text().split()
    except OSError:
        return False


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


async def _listed(name: str) -> str | None:
    """Return what a program lists; None if it cannot read what others wrote there."""
    program = _find(name)
    assert program is not None  # `_tools` found it
    try:
        process = await subprocess.create_subprocess_exec(
            program,
            *("-w", "-S"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise HostError(f"cannot run {program}: {error.strerror}") from error
    output, _ = await process.communicate()
    return output.decode(errors="replace") if process.returncode == 0 else None
