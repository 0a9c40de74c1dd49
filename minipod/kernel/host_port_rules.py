"""Host ports in nftables: on the machine's addresses, and in the node's namespace on the node's.

All of a root's host ports are written together, in one transaction for each of the two tables.
What a packet meets, in the machine's table:

    hostport-guard     nothing on our link may speak to or as 127.0.0.0/8 (CVE-2020-8558): that
                       the kernel routes such packets there is for host ports on 127.0.0.1
    hostport-in, -out  what goes to an address of our own, from elsewhere and from here …
    hostport-table     … is led to a pod if its port is one of these
    hostport-mask      what comes from 127.0.0.0/8 or a pod takes the address of the way to the
                       pod: else the answer would not come back through here
"""

from __future__ import annotations

import asyncio
import errno
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from minipod.errors import StepFailed
from minipod.kernel import nft, sysctl
from minipod.kernel.nft import BaseChain, address, match, prefix
from minipod.model.host_ports import EVERY_ADDRESS
from minipod.plan.host_ports import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Address

    from minipod.kernel.nft import Command
    from minipod.kernel.protocols import Namespace
    from minipod.plan.host_ports import Publication
    from minipod.plan.network import NetworkPlan, NodePlan

_GUARD = BaseChain("hostport-guard", "filter", "prerouting", nft.RAW)
_IN = BaseChain("hostport-in", "nat", "prerouting", nft.DSTNAT)
_OUT = BaseChain("hostport-out", "nat", "output", nft.DSTNAT)
_MASK = BaseChain("hostport-mask", "nat", "postrouting", nft.SRCNAT)
_TABLE = BaseChain("hostport-table")
_CHAINS = (_GUARD, _IN, _OUT, _MASK, _TABLE)
"""_TABLE is the last: a chain that others lead to is removed after them."""

_LOOPBACK = IPv4Network("127.0.0.0/8")
_IS_OWN = match("==", {"fib": {"result": "type", "flags": ["daddr"]}}, "local")
_WAS_LED = match("in", {"ct": {"key": "status"}}, "dnat")


async def publish(
    plan: NetworkPlan, node: NodePlan, namespace: Namespace, wanted: Sequence[Publication]
) -> None:
    """Have these host ports open, and no others of this root; its table is ours. HostError."""
    ordered = in_order(wanted)
    outside = on_host(plan, [each for each in ordered if each.on_host(node.address)])
    inside = on_node(plan, node, [each for each in ordered if each.on_node(node.address)])
    await _route(namespace)
    # Both at once: what takes time is the kernel's wait until nobody reads the old rules.
    done = await asyncio.gather(
        # With the way out, which nft may have come too late for: it bears the mark of the table.
        nft.apply([*nft.masquerade(plan), *outside]),
        nft.apply(inside, namespace.netns),
        return_exceptions=True,
    )
    for error in filter(None, done):
        raise error
    # Only now, with the guard in place.
    sysctl.route_loopback(plan.host_link, on=bool(wanted))


async def _route(namespace: Namespace) -> None:
    try:
        await namespace.sysctl(sysctl.routed())
    except StepFailed as error:
        if error.errno != errno.ENOENT:
            raise


def on_host(plan: NetworkPlan, publications: Sequence[Publication]) -> list[Command]:
    """Return the commands for the machine's table."""
    if not publications:
        return _none(plan)
    in_by, out_by = ({"meta": {"key": key}} for key in ("iifname", "oifname"))
    guards = [
        [match("==", in_by, plan.host_link), match("==", address(end), prefix(_LOOPBACK)), _DROP]
        for end in ("saddr", "daddr")
    ]
    mask = [
        [
            match("==", out_by, plan.host_link),
            _WAS_LED,
            match("==", address("saddr"), prefix(block)),
            _MASQUERADE,
        ]
        for block in (_LOOPBACK, plan.cluster)
    ]
    return [
        *_empty(plan),
        *(_GUARD.rule(plan, guard) for guard in guards),
        *(chain.rule(plan, [_IS_OWN, _LOOK_UP]) for chain in (_IN, _OUT)),
        *(_MASK.rule(plan, rule) for rule in mask),
        *_led(plan, publications),
    ]


def on_node(
    plan: NetworkPlan, node: NodePlan, publications: Sequence[Publication]
) -> list[Command]:
    """Return the commands for the table in the node's namespace."""
    if not publications:
        return _none(plan)
    real = match("!=", address("daddr"), prefix(_LOOPBACK))
    own_pods = match("==", address("saddr"), prefix(node.cidr))
    return [
        *_empty(plan),
        *(chain.rule(plan, [_IS_OWN, real, _LOOK_UP]) for chain in (_IN, _OUT)),
        _MASK.rule(plan, [_WAS_LED, own_pods, _MASQUERADE]),
        *_led(plan, publications),
    ]


_DROP: Command = {"drop": None}
_MASQUERADE: Command = {"masquerade": None}
_LOOK_UP: Command = {"jump": {"target": _TABLE.name}}


def _empty(plan: NetworkPlan) -> list[Command]:
    return [command for chain in _CHAINS for command in chain.renewed(plan)]


def _none(plan: NetworkPlan) -> list[Command]:
    return [*_empty(plan), *(chain.removed(plan) for chain in _CHAINS)]


def _led(plan: NetworkPlan, publications: Iterable[Publication]) -> list[Command]:
    return [
        _TABLE.rule(
            plan,
            [
                *_on_address(each.port.host_ip),
                match("==", _port(each), each.port.host_port),
                _lead(each.address, each.port.container_port),
            ],
            about=f"{plan.mark}: {each.owner}",
        )
        for each in publications
    ]


def _on_address(host_ip: str) -> list[Command]:
    return [] if host_ip == EVERY_ADDRESS else [match("==", address("daddr"), host_ip)]


def _port(publication: Publication) -> Command:
    return {"payload": {"protocol": publication.port.protocol.lower(), "field": "dport"}}


def _lead(pod: IPv4Address, port: int) -> Command:
    return {"dnat": {"addr": str(pod), "port": port}}
