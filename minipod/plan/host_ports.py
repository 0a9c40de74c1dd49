"""Which host ports clash, which sockets keep them, and where packets for them lead."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from minipod.model.host_ports import EVERY_ADDRESS, Claim, HostPort, Taken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from minipod.model.sockets import Socket

NO_FREE_PORTS = "1 node(s) didn't have free ports for the requested pod ports"
"""The words of Kubernetes' scheduler (plugins/nodeports)."""

_EVERY_IPV6 = "::"


class Publication(msgspec.Struct, frozen=True):
    """A host port that is open, and the pod's address that it leads to."""

    owner: str
    port: HostPort
    address: IPv4Address

    def on_host(self, node: IPv4Address) -> bool:
        """Whether the machine's own addresses lead there; `node` is the node's address."""
        return self.port.host_ip != str(node)

    def on_node(self, node: IPv4Address) -> bool:
        """Whether the node's address leads there."""
        return self.port.host_ip in {EVERY_ADDRESS, str(node)}


def clashes(wanted: Iterable[HostPort], claims: Iterable[Claim]) -> list[Taken]:
    """Return each wanted port that is claimed, with the first that has it."""
    known = list(claims)
    found = (
        (port, next((claim for claim in known if claim.port.overlaps(port)), None))
        for port in wanted
    )
    return [Taken(port, claim) for port, claim in found if claim is not None]


def to_hold(ports: Sequence[HostPort], node: IPv4Address) -> tuple[HostPort, ...]:
    """Return the ports that a socket on the machine has to keep, of those of one pod.

    None keeps a port of the node's address alone, where no program of the machine is; and where
    the pod has a port on every address, one socket is enough.
    """
    wide = {(port.protocol, port.host_port) for port in ports if port.host_ip == EVERY_ADDRESS}
    held = {
        port.key: port
        for port in ports
        if port.opens and port.host_ip != str(node)
        if port.host_ip == EVERY_ADDRESS or (port.protocol, port.host_port) not in wide
    }
    return tuple(held.values())


def kept(
    ports: Iterable[HostPort], held: Collection[str], node: IPv4Address
) -> tuple[HostPort, ...]:
    """Return the ports that may lead to a pod: its sandbox holds them, or nothing need be held."""
    return tuple(
        port
        for port in ports
        if port.opens
        if port.host_ip == str(node)
        or not {port.key, replace(port, host_ip=EVERY_ADDRESS).key}.isdisjoint(held)
    )


def in_order(publications: Iterable[Publication]) -> list[Publication]:
    """Return publications as packets are to meet them: one address before every address."""
    return sorted(
        publications, key=lambda each: (each.port.host_ip == EVERY_ADDRESS, each.port.key)
    )


def occupies(socket: Socket, port: HostPort) -> bool:
    """Return whether a socket of the machine keeps a host port from being had."""
    if (socket.protocol, socket.port) != (port.protocol, port.host_port):
        return False
    if socket.address == _EVERY_IPV6:
        return not socket.v6only
    if EVERY_ADDRESS in {socket.address, port.host_ip}:
        return ":" not in socket.address
    return socket.address == port.host_ip
