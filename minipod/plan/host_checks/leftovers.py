"""What roots left on the machine, and nobody takes care of."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from minipod.model.doctor import Check
from minipod.plan.claims import CLAIM_METRIC, PROTOCOL
from minipod.plan.host_checks.verdict import ok, warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.model.doctor import Finding
    from minipod.model.host_facts import Leftovers, Traces

_NAMES = "/run/netns"


def judge(seen: Leftovers) -> list[Finding]:
    """Judge names that lead nowhere, and the traces of each root."""
    return [_names(seen.stale_names), *_roots(seen.roots)]


def _names(stale: tuple[str, ...]) -> Finding:
    if not stale:
        return ok(Check.NETNS_NAMES, f"every name in {_NAMES} leads to a namespace")
    return warn(
        Check.NETNS_NAMES,
        f"{len(stale)} names in {_NAMES} lead nowhere: {', '.join(stale)}",
        "`ip netns exec` fails with them; and when their number is a process's again, they lead to "
        "a stranger. Processes died that nobody cleared away after.",
        "rm -f " + " ".join(shlex.quote(f"{_NAMES}/{name}") for name in stale),
    )


def _roots(roots: tuple[Traces, ...]) -> Iterator[Finding]:
    empty = [root for root in roots if _is_empty(root)]
    found = [finding for root in roots if root not in empty and (finding := _root(root))]
    if empty:
        found.append(_empty([group for root in empty for group in root.groups]))
    if not found:
        told = "nothing is left of roots that nobody serves"
        yield ok(Check.LEFTOVERS, told)
    yield from found


def _is_empty(root: Traces) -> bool:
    """Return whether nothing is left of a root but control groups, without a process in them."""
    held = root.server or root.sandboxes or root.links or root.claims or root.tables
    return not held and not root.folder_exists


def _empty(groups: Sequence[str]) -> Finding:
    """Judge them together: a machine on which tests were killed may have a hundred."""
    first, *others = groups
    told = f"a control group of a root that is gone: {first}"
    if others:
        told = f"{len(groups)} control groups of roots that are gone, {first} the first"
    return warn(
        Check.LEFTOVERS,
        told,
        "They are empty and cost a little memory. Somebody killed all of a root at once.",
        f"find {' '.join(map(shlex.quote, groups))} -depth -type d -delete",
    )


def _root(root: Traces) -> Finding | None:
    if root.folder_exists and root.server is not None:
        return None
    if root.path is not None and root.folder_exists:
        if not (root.sandboxes or root.links or root.claims or root.tables):
            return None
        return warn(
            Check.LEFTOVERS,
            f"{_what(root)} of root {root.path}, whose server does not run",
            "Pods run on, but nobody restarts what fails in the end, frees ports or tells of "
            "conflicts.",
            f"minipod --root {shlex.quote(root.path)} server start",
        )
    told = f"{_what(root)} of root {root.path or root.root_id}, whose folder is gone"
    why = "They keep addresses, memory and a block of the pod network, and no command shows them."
    return warn(Check.LEFTOVERS, told, why, " && ".join(_removal(root)))


def _what(root: Traces) -> str:
    parts = [
        *([f"{root.sandboxes} sandboxes"] if root.sandboxes else []),
        *(f"link {link}" for link in root.links),
        *(f"route {claim}" for claim in root.claims),
        *(f"nftables table ip {table}" for table in root.tables),
        *(f"control group {group}" for group in root.groups),
    ]
    return ", ".join(parts) or "a server"


def _removal(root: Traces) -> Iterator[str]:
    """Yield commands: minipod's own where the path is known, else the machine's."""
    if root.path is not None:
        if root.server is not None:
            server = root.server
            yield f"kill {server}"
            yield f"while kill -0 {server} 2>/dev/null; do sleep 0.1; done"
        yield f"minipod --root {shlex.quote(root.path)} purge --yes"
        yield f"minipod --root {shlex.quote(root.path)} server stop"
        return
    yield from (f"ip link delete {link}" for link in root.links)
    for claim in root.claims:
        yield f"ip route delete unreachable {claim} proto {PROTOCOL} metric {CLAIM_METRIC}"
    yield from (f"nft delete table ip {table}" for table in root.tables)
    yield from (f"find {shlex.quote(group)} -depth -type d -delete" for group in root.groups)
