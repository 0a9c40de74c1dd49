"""The links, routes and rules of one root, in the kernel.

What is born with each pod is here and goes through raw rtnetlink. What is made once for a root is
in `network_build`, imported when it is needed: with pyroute2 that takes 0.2 s.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from minipod.errors import HostError
from minipod.kernel import flows, host_port_rules, host_sockets, nft
from minipod.kernel.rtnetlink import Bridge, PodLink, Refused, Rtnetlink
from minipod.plan.network import POD_BRIDGE, mac_address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from ipaddress import IPv4Address, IPv4Network

    from minipod.kernel.network_build import NetworkBuilder
    from minipod.kernel.protocols import Namespace
    from minipod.model.host_ports import HostPort, Taken
    from minipod.plan.host_ports import Publication
    from minipod.plan.network import NetworkPlan, NodePlan

_FULL = "a bridge holds 1,023 ports, those of pods that are just ending too: try again"


class _Node(NamedTuple):
    """A node's bridge for pods, and the socket that speaks to its namespace."""

    rtnetlink: Rtnetlink
    bridge: Bridge


class HostNetwork:
    """Implements `protocols.Network`; keeps one socket open in each node."""

    def __init__(self) -> None:
        self._nodes: WeakKeyDictionary[Namespace, _Node] = WeakKeyDictionary()
        self._own_tables: set[str] = set()

    async def claim(self, root_id: str, candidates: Iterable[IPv4Network]) -> IPv4Network:
        """Return the first candidate that the host does not route, and claim it."""
        return await (await _builder()).claim(root_id, candidates)

    async def claimed(self, root_id: str) -> Mapping[IPv4Network, bool]:
        """Return what a root has claimed on the host."""
        return await (await _builder()).claimed(root_id)

    async def forwarding(self) -> bool:
        """Return whether the host forwards IPv4 without minipod's doing."""
        return await (await _builder()).forwarding()

    async def ensure_fabric(self, plan: NetworkPlan, fabric: Namespace) -> list[str]:
        """Join host and fabric; return what could not be had and why."""
        return await (await _builder()).ensure_fabric(plan, fabric)

    async def ensure_node(
        self, plan: NetworkPlan, node: NodePlan, fabric: Namespace, namespace: Namespace
    ) -> None:
        """Join a node to the fabric."""
        await (await _builder()).ensure_node(plan, node, fabric, namespace)

    async def connect_pod(
        self, link: str, address: IPv4Address, node: Namespace, pod: Namespace
    ) -> None:
        """Make the pod's link: born in place, one message."""
        try:
            rtnetlink, bridge = await self._node(node)
            rtnetlink.add(PodLink(link, bridge, pod.netns, mac_address(address)))
        except Refused as error:
            hint = _FULL if error.errno == errno.EXFULL else None
            raise HostError(f"cannot make link {link}: {error.strerror}", hint=hint) from error

    async def disconnect_pod(self, link: str, node: Namespace) -> None:
        """Remove a pod's link; nothing happens if it is gone."""
        try:
            known = await self._node(node)
            known.rtnetlink.delete(link)
        except Refused as error:
            if error.errno != errno.ENODEV:
                raise HostError(f"cannot remove link {link}: {error.strerror}") from error

    def hold_host_port(self, port: HostPort) -> socket.socket:
        """Return a socket on the machine that has a port."""
        return host_sockets.hold(port)

    async def host_ports_taken(self, ports: Iterable[HostPort]) -> list[Taken]:
        """Return which ports a program of the machine listens on; a thread looks for it."""
        return await asyncio.to_thread(host_sockets.taken, list(ports))

    def host_ports_bound(self) -> set[int]:
        """Return the numbers of all ports on which something of the machine listens."""
        return host_sockets.numbers()

    async def publish(
        self,
        plan: NetworkPlan,
        node: NodePlan,
        namespace: Namespace,
        wanted: Sequence[Publication],
    ) -> None:
        """Have these host ports lead to their pods, and no others of this root."""
        if plan.table not in self._own_tables:  # to look takes as long as to write
            await nft.refuse_stranger(plan)
        await host_port_rules.publish(plan, node, namespace, wanted)
        self._own_tables.add(plan.table)

    async def cut_flows(
        self, node: NodePlan, namespace: Namespace, ports: Collection[HostPort]
    ) -> None:
        """Forget the flows to host ports, in the machine and in the node."""
        wanted = [flows.Port(port.protocol, port.host_port) for port in ports]
        await flows.cut(None, wanted, host_sockets.addresses())
        await flows.cut(namespace, wanted, {node.address, node.gateway})

    def forget(self, namespace: Namespace) -> None:
        """Let go of a namespace: the socket that is open in it would keep it alive."""
        node = self._nodes.pop(namespace, None)
        if node is not None:
            node.rtnetlink.close()

    async def remove(self, plan: NetworkPlan, *, restore_forwarding: bool) -> None:
        """Remove all that the host's namespace has of this root."""
        self._own_tables.discard(plan.table)
        await (await _builder()).remove(plan, restore_forwarding=restore_forwarding)

    async def _node(self, namespace: Namespace) -> _Node:
        """Return a node's bridge and socket, kept for the next pod. Refused if it has none."""
        known = self._nodes.get(namespace)
        if known is not None:
            return known
        rtnetlink = Rtnetlink(
            await namespace.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, socket.NETLINK_ROUTE)
        )
        try:
            node = _Node(rtnetlink, rtnetlink.find(POD_BRIDGE))
        except Refused:
            rtnetlink.close()
            raise
        other = self._nodes.setdefault(namespace, node)  # two pods may have asked at once
        if other is not node:
            rtnetlink.close()
        return other


async def _builder() -> NetworkBuilder:
    """Return the builder; a thread imports it, so that nobody waits for that."""
    return await asyncio.to_thread(_import_builder)


def _import_builder() -> NetworkBuilder:
    from minipod.kernel.network_build import NetworkBuilder  # noqa: PLC0415 - pyroute2, 0.2 s

    return NetworkBuilder()
