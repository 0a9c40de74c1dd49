"""Builds what is made once for a root: the host's side, the fabric, the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.kernel import network_fabric, network_host
from minipod.plan.network import HOST_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Network

    from minipod.kernel.protocols import Namespace
    from minipod.plan.network import NetworkPlan, NodePlan

DEFAULT_MTU = 1500


class NetworkBuilder:
    """The part of `protocols.Network` that is not asked for each pod."""

    async def claim(self, root_id: str, candidates: Iterable[IPv4Network]) -> IPv4Network:
        """Return the first candidate that the host does not route, and claim it."""
        return await network_host.claim(root_id, candidates)

    async def claimed(self, root_id: str) -> Mapping[IPv4Network, bool]:
        """Return what a root has claimed on the host."""
        return await network_host.claimed(root_id)

    async def forwarding(self) -> bool:
        """Return whether the host forwards IPv4 without minipod's doing."""
        return await network_host.forwarding()

    async def ensure_fabric(self, plan: NetworkPlan, fabric: Namespace) -> list[str]:
        """Join host and fabric; all links get the MTU of the host's way out."""
        mtu = await network_host.mtu() or DEFAULT_MTU
        if not await network_fabric.prepare_fabric(plan, fabric, mtu):
            await network_host.drop_link(plan)  # its other end went with an earlier fabric
        await network_host.ensure_link(plan, fabric.netns, HOST_PORT, mtu)
        await network_fabric.attach_host(plan, fabric)
        return await network_host.ensure_egress(plan)

    async def ensure_node(
        self, plan: NetworkPlan, node: NodePlan, fabric: Namespace, namespace: Namespace
    ) -> None:
        """Join a node to the fabric."""
        await network_fabric.attach_node(plan, node, fabric, namespace)

    async def remove(self, plan: NetworkPlan, *, restore_forwarding: bool) -> None:
        """Remove all that the host's namespace has of this root."""
        await network_host.remove(plan, restore_forwarding=restore_forwarding)
