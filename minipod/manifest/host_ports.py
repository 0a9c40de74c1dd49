"""What is wrong with a pod's host ports, and what of them will not be as one may think."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.manifest.faults import Fault, Key, Path, duplicate, invalid, path_text
from minipod.manifest.remarks import Remark
from minipod.model.host_ports import (
    EVERY_ADDRESS,
    HOST_PORTS_ANNOTATION,
    HostPort,
    added,
    is_ipv4,
)
from minipod.model.pod import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.model.pod import JSON

_PROTOCOLS = frozenset(Protocol)
_ANNOTATION: Path = ("metadata", "annotations", Key(HOST_PORTS_ANNOTATION))


class _Declared(NamedTuple):
    """A host port of a container, and where it stands."""

    path: Path
    port: HostPort


def faults(annotations: dict[str, str], containers: Sequence[tuple[Path, JSON]]) -> Iterator[Fault]:
    """Yield what is wrong with the annotation; fields of a wrong type are others' to tell."""
    value = annotations.get(HOST_PORTS_ANNOTATION, "")
    try:
        ports = added(value)
    except ValueError as error:
        yield invalid(_ANNOTATION, value, str(error))
        return
    declared = [each.port for each in _declared(containers)] if ports else []
    for index, port in enumerate(ports):
        if any(port.overlaps(other) for other in (*ports[:index], *declared)):
            yield duplicate(_ANNOTATION, port.key)


def remarks(containers: Sequence[tuple[Path, JSON]]) -> Iterator[Remark]:
    """Yield what of a valid pod's host ports opens nothing, or is hidden by another."""
    for path, container in containers:
        yield from _closed(container.get("ports", []), (*path, "ports"))
    seen: list[_Declared] = []
    for each in _declared(containers):
        other = next((one for one in seen if one.port.overlaps(each.port)), None)
        # Of one port of the container, Kubernetes' own words tell.
        if other is not None and other.port.container_port != each.port.container_port:
            yield _overlap(other, each)
        seen.append(each)


def _overlap(one: _Declared, other: _Declared) -> Remark:
    message = (
        f"hostPort {other.port.key} overlaps {one.port.key} of {path_text(one.path)}: containers "
        f'"{one.port.container}" and "{other.port.container}" both want port '
        f"{other.port.host_port} of the machine"
    )
    return Remark((*other.path, "hostPort"), message, "give one of the two another hostPort")


def _closed(ports: list[JSON], path: Path) -> Iterator[Remark]:
    for index, port in enumerate(ports):
        host_ip = port.get("hostIP", "")
        if not port.get("hostPort"):
            if host_ip:
                message = "hostIP set without hostPort: it opens nothing"
                yield Remark((*path, index, "hostIP"), message)
        elif port.get("protocol") == Protocol.SCTP:
            message = "minipod opens host ports for TCP and UDP: this one opens nothing"
            yield Remark((*path, index, "hostPort"), message)
        elif host_ip and not is_ipv4(host_ip):
            message = f"{host_ip} is not an IPv4 address, which alone pods have: it opens nothing"
            yield Remark((*path, index, "hostIP"), message)


def _declared(containers: Sequence[tuple[Path, JSON]]) -> Iterator[_Declared]:
    for path, container in containers:
        for index, port in enumerate(container.get("ports", [])):
            protocol = port.get("protocol") or Protocol.TCP
            if port.get("hostPort") and protocol in _PROTOCOLS:
                host_port = HostPort(
                    Protocol(protocol),
                    port.get("hostIP") or EVERY_ADDRESS,
                    port["hostPort"],
                    port.get("containerPort", 0),
                    container.get("name", ""),
                )
                yield _Declared((*path, "ports", index), host_port)
