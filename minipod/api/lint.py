"""Manifests, looked at before anything runs: their own faults, and ports that others have."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.api import answers, manifests
from minipod.api.keys import ENGINE
from minipod.manifest import survey
from minipod.manifest.faults import Key
from minipod.model.host_ports import HOST_PORTS_ANNOTATION, Claim, host_ports
from minipod.model.pod import view
from minipod.ports.declared import DeclaredPort, findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from minipod.errors import Problem
    from minipod.manifest import Document


class Severity(StrEnum):
    """Whether something is wrong, or only worth a word."""

    ERROR = "error"
    WARNING = "warning"


class Item(NamedTuple):
    """One thing to say."""

    severity: Severity
    problem: Problem
    way_out: str | None = None

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        place = self.problem.place
        return {
            "severity": self.severity,
            "source": place.source if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "field": self.problem.field or None,
            "message": self.problem.message,
            "wayOut": self.way_out,
        }


async def lint(request: web.Request) -> web.Response:
    """POST /lint: all that can be said of manifests; nothing is created."""
    asked = await manifests.asked(request)
    found = await asyncio.to_thread(
        survey,
        asked.sources,
        default_namespace=asked.namespace,
        namespace_is_explicit=asked.explicit,
    )
    declared = [
        port
        for number, document in enumerate(found.objects)
        if document.obj["kind"] == "Pod"
        for port in _declared(number, document)
    ]
    use = await request.app[ENGINE].exposure.use([each.claim for each in declared])
    items = [
        *(Item(Severity.ERROR, problem) for problem in found.problems),
        *(Item(Severity.ERROR, *clash) for clash in found.clashes),
        *(Item(Severity.ERROR, *finding) for finding in findings(declared, use.taken, use.numbers)),
        *(Item(Severity.WARNING, problem) for problem in found.warnings),
    ]
    order = {source.name: number for number, source in enumerate(asked.sources)}
    items.sort(key=lambda item: _position(item, order))
    return answers.json(request, {"items": [item.told() for item in items]})


def _position(item: Item, order: dict[str, int]) -> tuple[int, int, int]:
    place = item.problem.place
    return (order.get(place.source, 0), place.line, place.column) if place else (len(order), 0, 0)


def _declared(number: int, document: Document) -> Iterator[DeclaredPort]:
    metadata = document.obj["metadata"]
    name = metadata.get("name") or f"{metadata['generateName']}…"  # the server would end it
    pod = view(document.obj | {"metadata": metadata | {"name": name}})
    paths = [
        ("spec", "containers", container, "ports", port, "hostPort")
        for container, of in enumerate(pod.spec.containers)
        for port, declared in enumerate(of.ports)
        if declared.host_port
    ]
    ports = host_ports(pod)
    annotation = ("metadata", "annotations", Key(HOST_PORTS_ANNOTATION))
    for index, port in enumerate(ports):
        path = paths[index] if index < len(paths) else annotation
        claim = Claim(f"{metadata['namespace']}/{name}", port)
        yield DeclaredPort(number, claim, document.item.place(path), document.field(path))
