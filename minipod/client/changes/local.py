"""The objects of files, changed here: `--local`, which asks no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from minipod.client.api import DEFAULT_NAMESPACE
from minipod.client.changes.patches import PatchKind
from minipod.client.targets import Target, of_kind
from minipod.errors import BadRequest
from minipod.manifest import Source, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.client.changes.patches import Patch
    from minipod.client.kinds import Kind
    from minipod.client.manifests import sources
    from minipod.manifest import Document

    JSON = dict[str, Any]


class Objects(Protocol):
    """Objects that can be changed: a server's (an Api), or those of files."""

    def get(self, kind: Kind, namespace: str, name: str) -> JSON:
        """Return an object. NotFound."""

    def patch(
        self, kind: Kind, namespace: str, name: str, patch: Patch, *, dry_run: bool = False
    ) -> JSON:
        """Return an object, changed. NotFound, InvalidObject, Conflict, BadRequest."""


class LocalObjects:
    """What is read and changed as an Api's objects are, and stands in files."""

    def __init__(
        self, given: Iterable[sources.Source], namespace: str | None, kinds: tuple[Kind, ...]
    ) -> None:
        """Read the files; `namespace` is the one that was asked for.

        InvalidManifest, with every problem; BadRequest for other kinds, and for what has no name.
        """
        decoded = decode(
            [Source(each.name, each.text) for each in given],
            default_namespace=namespace or DEFAULT_NAMESPACE,
            namespace_is_explicit=namespace is not None,
            verb="change",
        )
        self._objects = {_target(one, kinds): one.item.value for one in decoded.objects}

    @property
    def targets(self) -> list[Target]:
        """The objects, in the files' order."""
        return list(self._objects)

    def get(self, kind: Kind, namespace: str, name: str) -> JSON:
        """Return an object as it is written, without defaults."""
        return self._objects[Target(kind, namespace, name)]

    def patch(
        self, kind: Kind, namespace: str, name: str, patch: Patch, *, dry_run: bool = False
    ) -> JSON:
        """Return what a patch makes of an object. BadRequest, InvalidObject."""
        del dry_run  # nothing is kept
        return _applier(patch.kind)(self.get(kind, namespace, name), patch.body)


def _target(document: Document, kinds: tuple[Kind, ...]) -> Target:
    obj = document.obj
    metadata = obj["metadata"]
    if not metadata.get("name"):
        raise BadRequest(f"{document.place}: cannot change an object without a name")
    kind = of_kind(obj["kind"], metadata["name"], kinds)
    return Target(kind, metadata.get("namespace", ""), metadata["name"])


def _applier(kind: PatchKind) -> Callable[[JSON, Any], JSON]:
    from minipod import patch  # noqa: PLC0415 (jsonpatch takes a while, and is not always needed)

    appliers: dict[PatchKind, Callable[[JSON, Any], JSON]] = {
        PatchKind.STRATEGIC: patch.strategic,
        PatchKind.MERGE: patch.merge_patch,
        PatchKind.JSON: patch.json_patch,
    }
    return appliers[kind]
