"""The rows of `minipod ports`: what the kernel knows, beside what the manifests declare."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from minipod.model.sockets import PortRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.model.pod import Protocol
    from minipod.model.sockets import Socket
    from minipod.ports.space import PodPorts


def port_rows(pods: Iterable[PodPorts]) -> list[PortRow]:
    """Return a row for every socket, and one for every declared port that its container leaves.

    A row belongs to the container that holds the socket, and is `declared` if that one declares
    the port: so a port taken by a neighbour shows twice, with its holder and as silent.
    """
    return sorted((row for pod in pods for row in _rows(pod)), key=_order)


def _rows(pod: PodPorts) -> list[PortRow]:
    declared = pod.declared()
    served: set[tuple[str, Protocol, int]] = set()
    rows = []
    for socket in filter(lambda each: each.serves, pod.sockets):
        holder = pod.container(socket)
        port = (socket.protocol, socket.port)
        owners = {name for name in declared if holder in {name, None} and port in declared[name]}
        served |= {(name, *port) for name in owners}
        rows.append(_held(pod, socket, holder, declared=bool(owners)))
    silent = {(name, *port) for name, ports in declared.items() for port in ports} - served
    return rows + [_silent(pod, name, protocol, port) for name, protocol, port in silent]


def _held(pod: PodPorts, socket: Socket, container: str | None, *, declared: bool) -> PortRow:
    """Return a socket's row; of several processes that share it, the oldest opened it."""
    oldest = pod.holder(socket)
    return PortRow(
        namespace=pod.pod.metadata.namespace,
        pod=pod.pod.metadata.name,
        container=container,
        protocol=socket.protocol.value,
        address=socket.address,
        port=socket.port,
        pid=oldest.pid if oldest else None,
        command=oldest.command if oldest else None,
        declared=declared,
    )


def _silent(pod: PodPorts, container: str, protocol: Protocol, port: int) -> PortRow:
    return PortRow(
        namespace=pod.pod.metadata.namespace,
        pod=pod.pod.metadata.name,
        container=container,
        protocol=protocol.value,
        address=None,
        port=port,
        pid=None,
        command=None,
        declared=True,
    )


def _order(row: PortRow) -> tuple[str, str, int, str, int, int, str, int]:
    """Sort by namespace, pod, port, protocol, address (silent, IPv4, IPv6), container, pid."""
    address = ip_address(row.address) if row.address is not None else None
    return (
        row.namespace,
        row.pod,
        row.port,
        row.protocol,
        address.version if address else 0,
        int(address) if address else 0,
        row.container or "",
        row.pid or 0,
    )
