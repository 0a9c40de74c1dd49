"""The one nftables table of a root on the host: pods that leave the cluster take its address.

nft is run as a program with JSON in and out (libnftables-json(5)). A table counts as ours if a
rule in it bears our mark as its comment.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.plan.network import NetworkPlan

    Command = dict[str, Any]

_FAMILY = "ip"
_CHAIN = "postrouting"
_SRCNAT = 100
SYSTEM_PATH = "/usr/sbin:/sbin"
"""Where administration programs are: not in the PATH of every root shell."""
_DEADLINE = 10.0


class Chain(NamedTuple):
    """A chain; `table` with its family, as "ip filter". The kernel calls it if it has a `hook`."""

    table: str
    name: str
    kind: str | None
    hook: str | None
    policy: str | None


def masquerade(plan: NetworkPlan) -> list[Command]:
    """Return the commands that make the table anew, in one transaction."""
    table = {"family": _FAMILY, "name": plan.table}
    chain = {
        "family": _FAMILY,
        "table": plan.table,
        "name": _CHAIN,
        "type": "nat",
        "hook": "postrouting",
        "prio": _SRCNAT,
        "policy": "accept",
    }
    cluster = {"prefix": {"addr": str(plan.cluster[0]), "len": plan.cluster.prefixlen}}
    rule = {
        "family": _FAMILY,
        "table": plan.table,
        "chain": _CHAIN,
        "comment": plan.mark,
        "expr": [
            _match("==", _address("saddr"), cluster),
            _match("!=", _address("daddr"), cluster),
            _match("!=", {"meta": {"key": "oifname"}}, plan.host_link),
            {"masquerade": None},
        ],
    }
    return [
        {"add": {"table": table}},
        {"delete": {"table": table}},
        {"add": {"table": table}},
        {"add": {"chain": chain}},
        {"add": {"rule": rule}},
    ]


class Owner(Enum):
    """Whose the table with our name is."""

    NOBODY = auto()
    MINIPOD = auto()
    STRANGER = auto()


async def owner(plan: NetworkPlan) -> Owner:
    """Return whose the table with this root's name is. HostError."""
    tables = [entry["table"] for entry in await _list("tables") if "table" in entry]
    if not any(t["family"] == _FAMILY and t["name"] == plan.table for t in tables):
        return Owner.NOBODY
    entries = await _list("table", _FAMILY, plan.table)
    marked = any(entry["rule"].get("comment") == plan.mark for entry in entries if "rule" in entry)
    return Owner.MINIPOD if marked else Owner.STRANGER


async def make(plan: NetworkPlan) -> None:
    """Make the table, or make ours anew. HostError, also if somebody else has one of its name."""
    if await owner(plan) is Owner.STRANGER:
        raise HostError(
            f"nftables table {_FAMILY} {plan.table} exists and is not minipod's: rename it"
        )
    await _apply(masquerade(plan))


async def remove(plan: NetworkPlan) -> None:
    """Remove the root's table; nothing happens if there is none of ours, or no nft."""
    if find() is not None and await owner(plan) is Owner.MINIPOD:
        await _apply([{"delete": {"table": {"family": _FAMILY, "name": plan.table}}}])


async def chains() -> list[Chain]:
    """Return the chains that IPv4 packets may meet, of all tables. HostError."""
    found = [entry["chain"] for entry in await _list("chains") if "chain" in entry]
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
    return shutil.which("nft", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


def _match(operator: str, left: Command, right: Command | str) -> Command:
    return {"match": {"op": operator, "left": left, "right": right}}


def _address(field: str) -> Command:
    return {"payload": {"protocol": "ip", "field": field}}


async def _apply(commands: Sequence[Command]) -> None:
    await _run("-j", "-f", "-", text=json.dumps({"nftables": commands}))


async def _list(*what: str) -> list[dict[str, Any]]:
    answer = await _run("-j", "list", *what)
    entries: list[dict[str, Any]] = json.loads(answer)["nftables"]
    return entries


async def _run(*argv: str, text: str = "") -> bytes:
    """Run nft and return its output. HostError with its first complaint."""
    program = find()
    if program is None:
        raise HostError("cannot run nft: it is not installed", hint="install the package nftables")
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise HostError(f"cannot run {program}: {error.strerror}") from error
    try:
        async with asyncio.timeout(_DEADLINE):
            output, complaint = await process.communicate(text.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise HostError(
            f"cannot run nft {' '.join(argv)}: it does not end within {_DEADLINE:g} s"
        ) from None
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        cause = complaint.decode(errors="replace").partition("\n")[0].removeprefix("Error: ")
        raise HostError(f"cannot run nft {' '.join(argv)}: {cause or process.returncode}")
    return output
