"""What the machine has of roots: links, routes, tables, groups, processes; and stale names."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import HostError
from minipod.kernel import nft
from minipod.kernel.cgroups import FOLDER as GROUPS
from minipod.kernel.mount_table import table
from minipod.kernel.netns_names import FOLDER as NAMES
from minipod.kernel.network_links import links_of
from minipod.model.host_facts import Leftovers, Traces
from minipod.model.root import DEFAULT_ROOT, Root
from minipod.plan.network import DEFAULT_CLUSTER_CIDR, NetworkPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network

_MARK = re.compile(r"minipod ([0-9a-f]{6})")
_TABLE = re.compile(r"minipod-([0-9a-f]{6})")
_GROUP = re.compile(r"[0-9a-f]{6}")
_SANDBOX = re.compile(rb"minipod: .+ of (/.*)")
_NAME = re.compile(r"/proc/\d+/ns/net")
_ZYGOTE = b"/sandbox/zygote.py"


class _Processes(NamedTuple):
    """Of one root: the pid of its server's parent, and how many sandboxes there are.

    `see_folder`: one of them has the root's folder, if only in mounts of its own (a container's).
    """

    zygote: int | None = None
    sandboxes: int = 0
    see_folder: bool = False


class _Found(NamedTuple):
    """What there is, by the roots' ids; processes by their paths."""

    processes: dict[str, _Processes]
    links: dict[str, str]
    claims: dict[str, list[IPv4Network]]
    tables: dict[str, str]
    groups: dict[str, list[str]]

    def of(self, root_id: str, path: str | None) -> Traces:
        """Return what there is of one root."""
        processes = self.processes.get(path or "", _Processes())
        return Traces(
            root_id,
            path,
            processes.see_folder or (path is not None and os.path.isdir(path)),
            processes.zygote,
            processes.sandboxes,
            (self.links[root_id],) if root_id in self.links else (),
            tuple(self.claims.get(root_id, ())),
            (self.tables[root_id],) if root_id in self.tables else (),
            tuple(self.groups.get(root_id, ())),
        )


async def leftovers(root: str) -> Leftovers:
    """Return the traces of every root that there are; `root` is one whose path is known.

    Only for root: to anybody else a folder that may not be entered looks like none.
    """
    links, claims = await _network()
    found = _Found(_processes(), links, claims, await _tables(), _groups())
    paths = {Root(path).id: path for path in (DEFAULT_ROOT, root, *found.processes)}
    ids = {
        *(Root(path).id for path in found.processes),
        *found.links,
        *found.claims,
        *found.tables,
        *found.groups,
    }
    traces = tuple(found.of(root_id, paths.get(root_id)) for root_id in sorted(ids))
    return Leftovers(traces, tuple(_stale_names()))


def _processes() -> dict[str, _Processes]:
    """Return the roots that have processes, which bear the path in their arguments."""
    found: dict[str, _Processes] = defaultdict(_Processes)
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            words = Path(entry.path, "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue  # it has just ended
        sandbox = _SANDBOX.fullmatch(words[0])
        path = os.fsdecode(sandbox[1]) if sandbox else _served(words)
        if path:
            found[path] = _counted(found[path], entry, path, is_sandbox=bool(sandbox))
    return found


def _counted(
    known: _Processes, process: os.DirEntry[str], path: str, *, is_sandbox: bool
) -> _Processes:
    return _Processes(
        known.zygote if is_sandbox else int(process.name),
        known.sandboxes + is_sandbox,
        known.see_folder or os.path.isdir(f"{process.path}/root{path}"),
    )


def _served(words: list[bytes]) -> str:
    """Return the root whose zygote has this command line; "" if it is none's."""
    if not any(each.endswith(_ZYGOTE) for each in words[:5]) or b"--root" not in words:
        return ""
    return os.path.realpath(os.fsdecode(words[words.index(b"--root") + 1]))


async def _network() -> tuple[dict[str, str], dict[str, list[IPv4Network]]]:
    """Return links and claims by root."""
    claims: dict[str, list[IPv4Network]] = defaultdict(list)
    async with links_of(None) as host:
        for route in await host.routes():
            if route.claim is not None:
                claims[route.claim.root_id].append(route.cidr)
        links = (await host.names()).values()
    marked = ((_MARK.fullmatch(link.alias or ""), link.name) for link in links)
    return {match[1]: name for match, name in marked if match}, claims


async def _tables() -> dict[str, str]:
    """Return the tables that bear our mark, by root."""
    if nft.find() is None:
        return {}
    try:
        names = [match for name in await nft.tables() if (match := _TABLE.fullmatch(name))]
        return {match[1]: match[0] for match in names if await _is_ours(match[1])}
    except HostError:
        return {}


async def _is_ours(root_id: str) -> bool:
    plan = NetworkPlan(root_id, DEFAULT_CLUSTER_CIDR)  # a table's name has nothing of the block
    return await nft.owner(plan) is nft.Owner.MINIPOD


def _groups() -> dict[str, list[str]]:
    """Return the control groups of roots, by these, in which no process is."""
    found: dict[str, list[str]] = defaultdict(list)
    for mount in table():
        if mount.kind == "cgroup2":
            for group in Path(mount.point, GROUPS).glob("*"):
                if _GROUP.fullmatch(group.name) and _is_unpopulated(group):
                    found[group.name].append(str(group))
    return found


def _is_unpopulated(group: Path) -> bool:
    try:
        return "populated 0" in (group / "cgroup.events").read_text()
    except OSError:
        return False  # it has just gone


def _stale_names() -> Iterator[str]:
    """Yield the names of a process that is gone, or that is a stranger in our own namespace."""
    try:
        names = sorted(os.listdir(NAMES))
    except OSError:
        return
    for name in names:
        path = NAMES / name
        if not path.is_symlink() or not _NAME.fullmatch(str(path.readlink())):
            continue
        if not path.exists() or path.samefile("/proc/self/ns/net"):
            yield name
