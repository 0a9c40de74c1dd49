"""Looks at the machine: at all of it, or at what can be seen in milliseconds and without a fork."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel.host_facts.firewall import firewall
from minipod.kernel.host_facts.leftovers import leftovers
from minipod.kernel.host_facts.limits import limits
from minipod.kernel.host_facts.resolver import resolver
from minipod.kernel.host_facts.rights import proc, rights
from minipod.kernel.host_facts.routing import routing
from minipod.kernel.host_facts.storage import storage
from minipod.kernel.host_facts.trials import trials_without_fork
from minipod.model.host_facts import HostFacts
from minipod.plan.network import NetworkPlan

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from minipod.model.host_facts import Limits, Proc, Rights, Routing, Storage, Trials
    from minipod.model.root import Root


async def at_a_glance(root: Root) -> HostFacts:
    """Return what a server can look at while it serves; a thread reads the files."""
    seen = await asyncio.to_thread(_files, root, ())
    ways = await _routing(root, None)
    return HostFacts(root.path, *seen, routing=ways, trials=trials_without_fork())


async def everything(
    root: Root, wanted: IPv4Network | None, trials: Trials, argv: tuple[str, ...]
) -> HostFacts:
    """Return all facts that may be seen.

    `wanted` is the pod network that was asked for, `argv` how a person would ask again.
    """
    ways = await _routing(root, wanted)
    filters = remains = None
    if ways is not None and os.geteuid() == 0:
        plan = NetworkPlan(root.id, ways.cluster)
        filters = await firewall(plan, has_pods=ways.claimed)
        remains = await leftovers(root.path)
    return HostFacts(
        root.path,
        *_files(root, argv),
        routing=ways,
        trials=trials,
        firewall=filters,
        resolver=resolver(),
        leftovers=remains,
    )


def _files(root: Root, argv: tuple[str, ...]) -> tuple[Rights, Proc, Limits, Storage]:
    return rights(argv), proc(), limits(root.id), storage(root.path)


async def _routing(root: Root, wanted: IPv4Network | None) -> Routing | None:
    try:
        return await routing(root.id, wanted)
    except HostError:
        return None
