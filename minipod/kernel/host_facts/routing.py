"""How the machine routes what is for pods."""

from __future__ import annotations

import os
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel import sysctl
from minipod.kernel.network_links import links_of
from minipod.model.host_facts import Overlap, Routing, Way
from minipod.plan.addresses import candidates
from minipod.plan.claims import held, is_free
from minipod.plan.network import DEFAULT_CLUSTER_CIDR, NetworkPlan

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from minipod.plan.claims import HostRoute

_ELSEWHERE = IPv4Address("198.51.100.1")
"""An address that nobody has (RFC 5737): the way to it is the one to the outside."""
_FORWARDING = f"/proc/sys/{sysctl.FORWARDING}"


async def routing(root_id: str, wanted: IPv4Network | None) -> Routing:
    """Return the routes that concern a root's pods. `wanted` is the block that was asked for.

    What the root has claimed on the machine comes before that. HostError.
    """
    async with links_of(None) as host:
        routes = await host.routes()
        claimed = held(routes, root_id)
        cluster = claimed[0] if claimed else wanted or DEFAULT_CLUSTER_CIDR
        plan = NetworkPlan(root_id, cluster)
        link = await host.find(plan.host_link)
        address = plan.node("", 0).gateway
        way = Way(address, await host.way(address)) if link is not None else None
        uplink = await host.way(_ELSEWHERE)
    return Routing(
        cluster,
        bool(claimed),
        wanted is not None,
        plan.host_link,
        tuple(_overlaps(plan, routes)),
        _free(plan, routes),
        way,
        _setting(sysctl.FORWARDING),
        _is_writable(_FORWARDING),
        None if link is None else _rp_filter(plan.host_link),
        uplink,
    )


def _overlaps(plan: NetworkPlan, routes: list[HostRoute]) -> list[Overlap]:
    found = {
        Overlap(route.cidr, route.link)
        for route in routes
        if not is_free(plan.cluster, [route], plan.root_id, plan.host_link)
    }
    return sorted(found, key=lambda each: (each.cidr, each.link or ""))


def _free(plan: NetworkPlan, routes: list[HostRoute]) -> IPv4Network | None:
    """Return a block that no route overlaps, this root's own included."""
    for block in candidates(None):
        if not block.overlaps(plan.cluster) and is_free(block, routes, "", ""):
            return block
    return None


def _is_writable(path: str) -> bool:
    """Return whether root could write a file: whether its mount lets anybody."""
    try:
        return not os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        return False


def _rp_filter(link: str) -> int | None:
    """Return what holds for a link: the greater one of its own setting and that of all."""
    values = [_setting(f"net/ipv4/conf/{name}/rp_filter") for name in ("all", link)]
    return max((int(value) for value in values if value), default=None)


def _setting(name: str) -> str | None:
    try:
        return sysctl.read(name)
    except HostError:
        return None
