"""A pod with more host ports, or fewer, than it was created with: its annotation, changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.errors import Conflict, NotFound
from minipod.model.host_ports import (
    HOST_PORTS_ANNOTATION,
    Claim,
    HostPort,
    Taken,
    added,
    annotation,
    host_ports,
)
from minipod.model.pod import view
from minipod.plan.status import TERMINAL_PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from minipod.model.pod import JSON


def with_ports(obj: JSON, ports: Sequence[HostPort]) -> JSON:
    """Return a pod with these host ports added; those that it has already stay as they are.

    Conflict if one overlaps another of its own, or the pod is at its end.
    """
    _refuse_ended(obj)
    own = list(host_ports(view(obj)))
    known = {(port.key, port.container_port) for port in own}
    name = f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
    new: list[HostPort] = []
    for port in ports:
        if (port.key, port.container_port) in known:
            continue
        other = next((each for each in (*own, *new) if each.overlaps(port)), None)
        if other is not None:
            raise Conflict(f"cannot expose {port.arrow}: {Taken(port, Claim(name, other))}")
        new.append(port)
    return _annotated(obj, [*_added(obj), *new])


def without_ports(obj: JSON, ports: Iterable[HostPort]) -> JSON:
    """Return a pod without these host ports. NotFound; Conflict for one of its manifest."""
    name, left = obj["metadata"]["name"], list(_added(obj))
    declared = {(port.key, port.container_port): port for port in host_ports(view(obj))}
    for port in ports:
        if port in left:
            left.remove(port)
            continue
        known = declared.get((port.key, port.container_port))
        if known is None:
            raise NotFound(f'pod "{name}" has no host port {port.arrow}')
        raise Conflict(
            f"cannot remove {port.arrow}: the manifest of pod {name} has it, "
            f'in container "{known.container}"',
            hint="delete the pod, and create it without",
        )
    return _annotated(obj, left)


def _refuse_ended(obj: JSON) -> None:
    meta, phase = obj["metadata"], obj.get("status", {}).get("phase")
    if phase in TERMINAL_PHASES or meta.get("deletionTimestamp"):
        state = "is being deleted" if meta.get("deletionTimestamp") else f"has {phase.lower()}"
        raise Conflict(f'cannot expose a port of pod "{meta["name"]}": it {state}')


def _added(obj: JSON) -> tuple[HostPort, ...]:
    return added(obj["metadata"].get("annotations", {}).get(HOST_PORTS_ANNOTATION, ""))


def _annotated(obj: JSON, ports: Sequence[HostPort]) -> JSON:
    metadata = dict(obj["metadata"])
    annotations = {**metadata.get("annotations", {}), HOST_PORTS_ANNOTATION: annotation(ports)}
    if not ports:
        del annotations[HOST_PORTS_ANNOTATION]
    return obj | {"metadata": metadata | {"annotations": annotations}}
