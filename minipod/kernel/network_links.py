"""Links, addresses and routes of one namespace, through pyroute2: for what is made once.

pyroute2 costs 0.2 s to import, so only the modules that build the network import this one. The
socket may come from inside another namespace (SCM_RIGHTS); nothing here changes namespace.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, NamedTuple

from pyroute2.iproute.linux import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

from minipod.errors import HostError
from minipod.plan.claims import PROTOCOL, CidrClaim, HostRoute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from minipod.kernel.protocols import Namespace

_UNICAST = "unicast"
_UNREACHABLE = "unreachable"
_RTN_UNICAST = 1
_RTN_UNREACHABLE = 7
_MAIN_TABLE = 254
_IFF_UP = 1
_LOOPBACK = 1
_SILENT_BRIDGE = {"br_stp_state": 0, "br_mcast_snooping": 0}
"""No spanning tree, and no multicast queries, which would flood every port."""


@dataclass(frozen=True, slots=True)
class Link:
    """An interface. `peer` is the index of a veth's other end, in the namespace where that is."""

    index: int
    name: str
    kind: str | None
    alias: str | None
    master: int | None
    peer: int | None
    mac: str | None
    mtu: int


class Veth(NamedTuple):
    """A veth to be made: `name` here, `peer` in the namespace of descriptor `netns`."""

    name: str
    peer: str
    netns: int
    mtu: int
    mac: bytes | None = None
    peer_mac: bytes | None = None


class Links:
    """One namespace's interfaces and routes. HostError says what could not be done and why."""

    def __init__(self, route: AsyncIPRoute) -> None:
        self._route = route

    async def find(self, name: str) -> Link | None:
        """Return an interface by its name; None if there is none."""
        with _refusal(f"look for link {name}"):
            try:
                (message,) = await self._route.link("get", ifname=name)
            except NetlinkError as error:
                if error.code == errno.ENODEV:
                    return None
                raise
        return _link(message)

    async def get(self, name: str) -> Link:
        """Return an interface that must be there."""
        link = await self.find(name)
        if link is None:
            raise HostError(f"cannot find link {name}: it has just gone")
        return link

    async def names(self) -> dict[int, Link]:
        """Return all interfaces by their index."""
        with _refusal("list links"):
            links = [_link(message) async for message in await self._route.link("dump")]
        return {link.index: link for link in links}

    async def loopback_up(self) -> None:
        """Bring lo up: without it a namespace does not reach its own addresses."""
        await self.up(_LOOPBACK)

    async def up(self, index: int) -> None:
        """Bring an interface up."""
        with _refusal(f"bring link {index} up"):
            await self._route.link("set", index=index, state="up")

    async def ensure_bridge(self, name: str, mac: bytes, mtu: int) -> Link:
        """Return the bridge, made if it is missing."""
        link = await self.find(name)
        if link is None:
            with _refusal(f"make bridge {name}"):
                await self._route.link(
                    "add",
                    ifname=name,
                    kind="bridge",
                    address=mac.hex(":"),
                    mtu=mtu,
                    **_SILENT_BRIDGE,
                )
            link = await self.get(name)
        return link

    async def make_veth(self, veth: Veth) -> Link:
        """Make a veth, its peer in place."""
        peer: dict[str, Any] = {"ifname": veth.peer, "net_ns_fd": veth.netns, "mtu": veth.mtu}
        here: dict[str, Any] = {"ifname": veth.name, "kind": "veth", "mtu": veth.mtu}
        if veth.mac is not None:
            here["address"] = veth.mac.hex(":")
        if veth.peer_mac is not None:
            peer["address"] = veth.peer_mac.hex(":")
        with _refusal(f"make link {veth.name}"):
            await self._route.link("add", peer=peer, **here)
        return await self.get(veth.name)

    async def mark(self, link: Link, alias: str) -> None:
        """Write on an interface what it is, for people."""
        with _refusal(f"mark link {link.name}"):
            await self._route.link("set", index=link.index, ifalias=alias)

    async def enslave(self, index: int, bridge: int) -> None:
        """Make an interface a port of a bridge, and bring it up."""
        with _refusal(f"make link {index} a port"):
            await self._route.link("set", index=index, master=bridge, state="up")

    async def delete(self, index: int) -> None:
        """Remove an interface; nothing happens if it is gone."""
        with _refusal(f"remove link {index}", tolerated=errno.ENODEV):
            await self._route.link("del", index=index)

    async def ensure_address(self, index: int, address: IPv4Address, prefix: int) -> None:
        """Give an interface an address."""
        with _refusal(f"add address {address}", tolerated=errno.EEXIST):
            await self._route.addr("add", index=index, address=str(address), prefixlen=prefix)

    async def routes(self) -> list[HostRoute]:
        """Return the IPv4 routes of every table that lead somewhere: not the default ones."""
        links = await self.names()
        with _refusal("list routes"):
            return [
                _host_route(message, links)
                async for message in await self._route.route("dump", family=socket.AF_INET)
                if message["dst_len"] > 0
            ]

    async def way(self, address: IPv4Address) -> str | None:
        """Return the link by which a packet for an address would leave; None if by none."""
        links = await self.names()
        try:
            (message, *_) = await self._route.route("get", dst=str(address))
        except NetlinkError:
            return None
        link = links.get(message.get("oif"))
        return link.name if link else None

    async def default_mtu(self) -> int | None:
        """Return the MTU of the default route's interface; None if there is none."""
        links = await self.names()
        with _refusal("list routes"):
            found = [
                message.get("oif")
                async for message in await self._route.route("dump", family=socket.AF_INET)
                if message["dst_len"] == 0 and message["type"] == _RTN_UNICAST
            ]
        return next((links[index].mtu for index in found if index in links), None)

    async def add_route(self, cidr: IPv4Network, gateway: IPv4Address, link: Link) -> None:
        """Add a route; what has the place already must be the very same."""
        with _refusal(f"add route to {cidr}"):
            try:
                await self._route.route("add", **_via(cidr, gateway, link))
            except NetlinkError as error:
                if error.code != errno.EEXIST or not await self._leads(cidr, gateway, link):
                    raise

    async def replace_route(self, cidr: IPv4Network, gateway: IPv4Address, link: Link) -> None:
        """Have a route lead there, wherever it led before: for namespaces that are ours."""
        with _refusal(f"add route to {cidr}"):
            await self._route.route("replace", **_via(cidr, gateway, link))

    async def add_unreachable(self, cidr: IPv4Network, metric: int, tag: int | None = None) -> bool:
        """Add an unreachable route; return whether it was new."""
        metrics = {} if tag is None else {"metrics": {"window": tag}}
        with _refusal(f"add unreachable route to {cidr}"):
            try:
                await self._route.route(
                    "add",
                    dst=str(cidr),
                    type=_UNREACHABLE,
                    priority=metric,
                    proto=PROTOCOL,
                    **metrics,
                )
            except NetlinkError as error:
                if error.code == errno.EEXIST:
                    return False
                raise
        return True

    async def delete_unreachable(self, cidr: IPv4Network, metric: int) -> None:
        """Remove an unreachable route; nothing happens if it is gone."""
        with _refusal(f"remove unreachable route to {cidr}", tolerated=errno.ESRCH):
            await self._route.route(
                "del", dst=str(cidr), type=_UNREACHABLE, priority=metric, proto=PROTOCOL
            )

    async def _leads(self, cidr: IPv4Network, gateway: IPv4Address, link: Link) -> bool:
        async for message in await self._route.route("dump", family=socket.AF_INET):
            if message["table"] == _MAIN_TABLE and _cidr(message) == cidr:
                way = (message.get("gateway"), message.get("oif"))
                if way == (str(gateway), link.index):
                    return True
        return False


@asynccontextmanager
async def links_of(namespace: Namespace | None) -> AsyncIterator[Links]:
    """Open the interfaces of a namespace; None is the server's own, the host's."""
    if namespace is None:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, socket.NETLINK_ROUTE)
    else:
        sock = await namespace.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, socket.NETLINK_ROUTE)
    route = AsyncIPRoute(fileno=sock.detach(), ext_ack=True, strict_check=True)
    try:
        yield Links(route)
    finally:
        route.close()


@contextmanager
def _refusal(what: str, *, tolerated: int | None = None) -> Iterator[None]:
    """Turn the kernel's refusal into a HostError that says what was wanted."""
    try:
        yield
    except NetlinkError as error:
        if error.code != tolerated:
            cause = error.args[1] if len(error.args) > 1 else os.strerror(error.code)
            raise HostError(f"cannot {what}: {cause}") from error
    except OSError as error:
        raise HostError(f"cannot {what}: {error.strerror}") from error


def _via(cidr: IPv4Network, gateway: IPv4Address, link: Link) -> dict[str, Any]:
    return {
        "dst": str(cidr),
        "gateway": str(gateway),
        "oif": link.index,
        "type": _UNICAST,
        "proto": PROTOCOL,
    }


def _link(message: Any) -> Link:
    return Link(
        message["index"],
        message.get("ifname"),
        message.get(("linkinfo", "kind")),
        message.get("ifalias"),
        message.get("master"),
        message.get("link"),
        message.get("address"),
        message.get("mtu"),
    )


def _cidr(message: Any) -> IPv4Network:
    return IPv4Network((message.get("dst") or "0.0.0.0", message["dst_len"]))  # noqa: S104


def _host_route(message: Any, links: dict[int, Link]) -> HostRoute:
    link = links.get(message.get("oif"))
    tag = message.get(("metrics", "window"))
    is_claim = message["type"] == _RTN_UNREACHABLE and message["proto"] == PROTOCOL
    claim = CidrClaim.from_tag(tag) if is_claim and tag is not None else None
    return HostRoute(_cidr(message), link.name if link else None, claim)
