"""The namespaces that join pods: the fabric, which routes, and the nodes with their bridges."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from minipod.kernel import sysctl
from minipod.kernel.network_links import Veth, links_of
from minipod.plan.claims import CLAIM_METRIC
from minipod.plan.network import FABRIC_BRIDGE, HOST_PORT, POD_BRIDGE, UPLINK, mac_address

if TYPE_CHECKING:
    from minipod.kernel.network_links import Link, Links
    from minipod.kernel.protocols import Namespace
    from minipod.plan.network import NetworkPlan, NodePlan

_DEFAULT = IPv4Network("0.0.0.0/0")


async def prepare_fabric(plan: NetworkPlan, fabric: Namespace, mtu: int) -> bool:
    """Have the fabric's bridge and its settings; return whether the host's link arrives there."""
    await fabric.sysctl(sysctl.router())
    async with links_of(fabric) as links:
        await links.loopback_up()
        bridge = await links.ensure_bridge(FABRIC_BRIDGE, mac_address(plan.fabric_address), mtu)
        await links.ensure_address(bridge.index, plan.fabric_address, plan.fabric.prefixlen)
        await links.up(bridge.index)
        await links.add_unreachable(plan.cluster, CLAIM_METRIC)
        port = await links.find(HOST_PORT)
    await fabric.sysctl(sysctl.impatient(FABRIC_BRIDGE))
    return port is not None


async def attach_host(plan: NetworkPlan, fabric: Namespace) -> None:
    """Make the host's link a port of the fabric's bridge, and the host the way out."""
    async with links_of(fabric) as links:
        bridge = await links.get(FABRIC_BRIDGE)
        port = await links.get(HOST_PORT)
        await links.enslave(port.index, bridge.index)
        await links.replace_route(_DEFAULT, plan.host_address, bridge)


async def attach_node(
    plan: NetworkPlan, node: NodePlan, fabric: Namespace, namespace: Namespace
) -> None:
    """Join a node to the fabric: its bridge for pods, its uplink, and the routes both ways."""
    await namespace.sysctl(sysctl.router())
    async with links_of(fabric) as outside, links_of(namespace) as inside:
        await inside.loopback_up()
        joint = await outside.get(FABRIC_BRIDGE)
        uplink = await _uplink(outside, inside, joint, node, namespace)
        await inside.ensure_address(uplink.index, node.address, plan.fabric.prefixlen)
        await inside.up(uplink.index)
        bridge = await inside.ensure_bridge(POD_BRIDGE, mac_address(node.gateway), joint.mtu)
        await inside.ensure_address(bridge.index, node.gateway, node.cidr.prefixlen)
        await inside.up(bridge.index)
        await inside.replace_route(_DEFAULT, plan.fabric_address, uplink)
        await outside.replace_route(node.cidr, node.address, joint)
    await namespace.sysctl(sysctl.impatient(UPLINK) | sysctl.impatient(POD_BRIDGE))


async def _uplink(
    outside: Links, inside: Links, joint: Link, node: NodePlan, namespace: Namespace
) -> Link:
    """Return the node's end of its link to the fabric, made anew unless both ends are a pair."""
    port, uplink = await outside.find(node.uplink), await inside.find(UPLINK)
    if port and uplink and (port.peer, uplink.peer) == (uplink.index, port.index):
        await outside.enslave(port.index, joint.index)
        return uplink
    for links, link in ((outside, port), (inside, uplink)):
        if link is not None:
            await links.delete(link.index)
    port = await outside.make_veth(
        Veth(node.uplink, UPLINK, namespace.netns, joint.mtu, peer_mac=mac_address(node.address))
    )
    await outside.enslave(port.index, joint.index)
    return await inside.get(UPLINK)
