"""The rows of `minipod ports`: what the kernel knows, beside what the manifests declare."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from minipod.model.sockets import PortRow
from minipod.ports import audit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.model.pod import Protocol
    from minipod.model.sockets import Socket
    from minipod.ports.audit import Finding
    from minipod.ports.space import PodPorts


def port_rows(pods: Iterable[PodPorts]) -> list[PortRow]:
    """Return a row for every socket, and one for every declared port that its container leaves.

    A row belongs to the container that holds the socket, and is `declared` if that one declares
    the port: so a port taken by a neighbour shows twice, with its holder and as silent.
    """
    return sorted((row for pod in pods for row in _rows(pod)), key=_order)


def _rows(pod: PodPorts) -> list[PortRow]:
    declared = pod.declared()
    together = _together(pod)
    served: set[tuple[str, Protocol, int]] = set()
    rows = []
    for socket in filter(lambda each: each.serves, pod.sockets):
        holder = pod.container(socket)
        port = (socket.protocol, socket.port)
        owners = {name for name in declared if holder in {name, None} and port in declared[name]}
        served |= {(name, *port) for name in owners}
        findings = audit.served(pod, socket, together[port], declared=bool(owners))
        rows.append(_held(pod, socket, holder, findings, declared=bool(owners)))
    for name, ports in declared.items():
        for port in ports:
            if (name, *port) not in served:
                findings = audit.silent(pod, name, together.get(port, []))
                rows.append(_silent(pod, name, port, findings))
    return rows


def _together(pod: PodPorts) -> dict[tuple[Protocol, int], list[Socket]]:
    """Return the sockets of each port."""
    together: dict[tuple[Protocol, int], list[Socket]] = {}
    for socket in pod.sockets:
        together.setdefault((socket.protocol, socket.port), []).append(socket)
    return together


def _held(
    pod: PodPorts, socket: Socket, container: str | None, findings: list[Finding], *, declared: bool
) -> PortRow:
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
        marks=tuple(each.mark for each in findings),
        note=_note(findings),
    )


def _silent(
    pod: PodPorts, container: str, port: tuple[Protocol, int], findings: list[Finding]
) -> PortRow:
    protocol, number = port
    return PortRow(
        namespace=pod.pod.metadata.namespace,
        pod=pod.pod.metadata.name,
        container=container,
        protocol=protocol.value,
        address=None,
        port=number,
        pid=None,
        command=None,
        declared=True,
        marks=tuple(each.mark for each in findings),
        note=_note(findings),
    )


def _note(findings: Iterable[Finding]) -> str | None:
    return " ".join(each.words for each in findings if each.words) or None


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
