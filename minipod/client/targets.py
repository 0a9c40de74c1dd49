"""Objects by name: given so, named by manifests, or those that a selector means now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.client.kinds import KINDS
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.client.api import Api
    from minipod.client.kinds import Kind, Where
    from minipod.client.manifests.sources import Source


class Target(NamedTuple):
    """One object, be it there or not; with `uid`, only if it is still that one."""

    kind: Kind
    namespace: str
    name: str
    uid: str | None = None

    def __str__(self) -> str:
        """Return `pods/web`, as errors name it."""
        return f"{self.kind.plural}/{self.name}"


def of_sources(
    api: Api, sources: Iterable[Source], namespace: str | None, kinds: tuple[Kind, ...] = KINDS
) -> list[Target]:
    """Return the objects that manifests name. InvalidObject; BadRequest for another kind."""
    return [
        Target(of_kind(one["kind"], one["name"], kinds), one["namespace"], one["name"])
        for one in api.decode(sources, namespace)
    ]


def selected(api: Api, kind: Kind, where: Where) -> list[Target]:
    """Return the objects of a kind that a selector means."""
    found = [one["metadata"] for one in api.list_of(kind, where)["items"]]
    return [Target(kind, meta.get("namespace", ""), meta["name"], meta["uid"]) for meta in found]


def of_kind(word: str, name: str, kinds: tuple[Kind, ...]) -> Kind:
    """Return the kind of an object that a manifest names. BadRequest if it is none of these."""
    for kind in kinds:
        if kind.name == word:
            return kind
    known = " or ".join(kind.plural for kind in kinds)
    raise BadRequest(f'cannot do this with {word} "{name}": only with {known}')
