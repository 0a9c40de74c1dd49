"""The host's side of a root's network: its claim, its one link, its table, its forwarding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel import docker_user, nft, sysctl
from minipod.kernel.network_links import Veth, links_of
from minipod.plan import claims
from minipod.plan.claims import CLAIM_METRIC, CidrClaim, any_switched, held, is_free, others
from minipod.plan.network import NetworkPlan, mac_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable
    from ipaddress import IPv4Network

    from minipod.kernel.network_links import Link, Links
    from minipod.plan.claims import HostRoute

_ON, _OFF = "1", "0"
_NO_EGRESS = "pods cannot reach the outside"


async def claim(root_id: str, candidates: Iterable[IPv4Network]) -> IPv4Network:
    """Claim the first free candidate. HostError if all are taken."""
    async with links_of(None) as host:
        refused = None
        for cidr in candidates:
            refused = refused or cidr
            if await _claim(host, root_id, cidr):
                return cidr
    raise HostError(
        f"cannot claim a pod network: this host routes {refused} and every other block tried",
        hint="give a block that nothing here uses with --cluster-cidr",
    )


async def _claim(host: Links, root_id: str, cidr: IPv4Network) -> bool:
    link = NetworkPlan(root_id, cidr).host_link
    routes = await host.routes()
    if not is_free(cidr, routes, root_id, link):
        return False
    if cidr in held(routes, root_id):
        return True
    if not await _add_claim(host, root_id, cidr, routes):
        return False
    # Another root may have claimed a block of another size meanwhile: the kernel allows both.
    if is_free(cidr, await host.routes(), root_id, link):
        return True
    await host.delete_unreachable(cidr, CLAIM_METRIC)
    return False


async def _add_claim(
    host: Links, root_id: str, cidr: IPv4Network, routes: Iterable[HostRoute]
) -> bool:
    switched = sysctl.read(sysctl.FORWARDING) == _OFF or any_switched(routes)
    return await host.add_unreachable(cidr, CLAIM_METRIC, CidrClaim(root_id, switched).tag)


async def claimed(root_id: str) -> dict[IPv4Network, bool]:
    """Return what a root has claimed, and whether minipod switched forwarding on."""
    async with links_of(None) as host:
        return claims.claimed(await host.routes(), root_id)


async def forwarding() -> bool:
    """Return whether the host forwards without minipod's doing, this root's or another's."""
    async with links_of(None) as host:
        on = sysctl.read(sysctl.FORWARDING) == _ON
        return on and not any_switched(await host.routes())


async def ensure_link(plan: NetworkPlan, fabric_netns: int, port: str, mtu: int) -> Link:
    """Have the host's link to the fabric, with its peer `port` in there; address, routes, claim.

    HostError if something of somebody else has the name or the place.
    """
    async with links_of(None) as host:
        link = await host.find(plan.host_link)
        if link is not None and not _is_ours(link, plan):
            raise HostError(
                f"cannot use link {plan.host_link}: it is not minipod's",
                hint=f"look at it with 'ip -d link show {plan.host_link}', and rename it",
            )
        if link is None:
            veth = Veth(plan.host_link, port, fabric_netns, mtu, mac=mac_address(plan.host_address))
            link = await host.make_veth(veth)
        await host.mark(link, plan.mark)
        sysctl.silence(plan.host_link)
        await host.ensure_address(link.index, plan.host_address, plan.fabric.prefixlen)
        await host.up(link.index)
        routes = await host.routes()
        claimed = plan.cluster in held(routes, plan.root_id)
        if not claimed and not await _add_claim(host, plan.root_id, plan.cluster, routes):
            raise HostError(f"cannot claim {plan.cluster}: another instance of minipod has it")
        await host.add_route(plan.cluster, plan.fabric_address, link)
        return link


async def drop_link(plan: NetworkPlan) -> None:
    """Remove the host's link, if there is one and it is ours."""
    async with links_of(None) as host:
        link = await host.find(plan.host_link)
        if link is not None and _is_ours(link, plan):
            await host.delete(link.index)


def _is_ours(link: Link, plan: NetworkPlan) -> bool:
    """Return whether minipod made a link: its alias says so.

    One that was born a moment ago, when the server died, has no alias yet and is known by its MAC.
    """
    newborn = link.alias is None and link.mac == mac_address(plan.host_address).hex(":")
    return link.kind == "veth" and (link.alias == plan.mark or newborn)


async def mtu() -> int | None:
    """Return the MTU of the way out of this host; None if it has none."""
    async with links_of(None) as host:
        return await host.default_mtu()


async def ensure_egress(plan: NetworkPlan) -> list[str]:
    """Have pods reach the outside: forwarding and masquerade. Return what stands in the way."""
    if sysctl.read(sysctl.FORWARDING) != _ON:
        sysctl.write(sysctl.FORWARDING, _ON)
    try:
        await nft.make(plan)
        chains = await nft.chains()
        by_docker = docker_user.is_there(chains)
        if by_docker:
            await docker_user.admit(plan)
    except HostError as error:
        return [f"{_NO_EGRESS}: {error}" + (f" ({error.hint})" if error.hint else "")]
    return [
        f"{_NO_EGRESS}: chain {chain.name} of nftables table {chain.table} drops what this host "
        f"forwards; let {plan.cluster} pass there"
        for chain in chains
        if chain.hook == "forward" and chain.policy == "drop"
        if not (by_docker and docker_user.is_dropping(chain))
    ]


async def remove(plan: NetworkPlan, *, restore_forwarding: bool) -> None:
    """Remove all that the host has of this root; goes on after errors and reports them all."""
    errors = []
    steps = (nft.remove(plan), _withdraw(plan), drop_link(plan), _drop_claims(plan))
    for step in steps:
        errors += await _complaint(step)
    if restore_forwarding:
        errors += await _complaint(_restore_forwarding(plan))
    if errors:
        raise HostError("; ".join(errors))


async def _complaint(step: Awaitable[None]) -> list[str]:
    try:
        await step
    except HostError as error:
        return [error.message]
    return []


async def _withdraw(plan: NetworkPlan) -> None:
    if nft.find() is not None and docker_user.is_there(await nft.chains()):
        await docker_user.withdraw(plan)


async def _drop_claims(plan: NetworkPlan) -> None:
    async with links_of(None) as host:
        for cidr in held(await host.routes(), plan.root_id):
            await host.delete_unreachable(cidr, CLAIM_METRIC)


async def _restore_forwarding(plan: NetworkPlan) -> None:
    """Switch forwarding off, unless another root or another forwarder is there.

    Who translates addresses forwards: Docker, libvirt, LXD, a router.
    """
    async with links_of(None) as host:
        if others(await host.routes(), plan.root_id):
            return
    if nft.find() is not None and any(map(_translates, await nft.chains())):
        return
    if sysctl.read(sysctl.FORWARDING) == _ON:
        sysctl.write(sysctl.FORWARDING, _OFF)


def _translates(chain: nft.Chain) -> bool:
    return chain.kind == "nat" and chain.hook == "postrouting"
