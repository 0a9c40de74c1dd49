"""Objects by name: given so, named by manifests, or those that a selector means now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.client.kinds import KINDS
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.client.api import Api
    from minipod.client.kinds import Kind, Where
    from minipod.client.sources import Source


class Target(NamedTuple):
    """One object, be it there or not."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `pods/web`, as errors name it."""
        return f"{self.kind.plural}/{self.name}"


def of_sources(api: Api, sources: Iterable[Source], namespace: str | None) -> list[Target]:
    """Return the objects that manifests name. InvalidObject, BadRequest."""
    return [
        Target(_kind(one["kind"]), one["namespace"], one["name"])
        for one in api.decode(sources, namespace)
    ]


def selected(api: Api, kind: Kind, where: Where) -> list[Target]:
    """Return the objects of a kind that a selector means."""
    found = [one["metadata"] for one in api.list_of(kind, where)["items"]]
    return [Target(kind, meta.get("namespace", ""), meta["name"]) for meta in found]


def _kind(name: str) -> Kind:
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise BadRequest(f'no matches for kind "{name}"')
