"""What a store promises. `sqlite` and `memory` keep it; tests/contract holds both to it.

Calls are synchronous and take microseconds: there is one writer, the engine, on one event loop.
Only `watch` waits.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from minipod.errors import AlreadyExists, NotFound
from minipod.model import conflicts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractContextManager

    from minipod.model.pod import JSON

_GROUPS = {conflicts.KIND: conflicts.GROUP}
"""The groups of kinds that are not Kubernetes' own core."""


class Key(NamedTuple):
    """Which object: its kind ("Pod"), namespace ("" for kinds without one) and name."""

    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Namespace and name, as people write them: default/web."""
        return f"{self.namespace}/{self.name}"


def key_of(obj: JSON) -> Key:
    """Return which object this is."""
    metadata = obj["metadata"]
    return Key(obj["kind"], metadata.get("namespace", ""), metadata["name"])


def described(key: Key) -> str:
    """Return an object's key in words."""
    where = f' in namespace "{key.namespace}"' if key.namespace else ""
    return f'{key.kind.lower()} "{key.name}"{where}'


def not_found(key: Key) -> NotFound:
    """Return the error for an object that is not there, in Kubernetes' words."""
    return NotFound(f'{_resource(key)} "{key.name}" not found')


def already_exists(key: Key) -> AlreadyExists:
    """Return the error for an object whose name is taken, in Kubernetes' words."""
    return AlreadyExists(f'{_resource(key)} "{key.name}" already exists')


def _resource(key: Key) -> str:
    """Return what Kubernetes' errors call a kind: its plural, and its group where it has one."""
    group = _GROUPS.get(key.kind)
    return f"{key.kind.lower()}s" + (f".{group}" if group else "")


class Change(StrEnum):
    """What happened to an object, in the words of a Kubernetes watch."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


class Revision(NamedTuple):
    """One change; `obj` is the object as it was then, with `version` as its resourceVersion.

    `before` is the object before the change; None for ADDED, and where it is no longer kept.
    """

    version: int
    change: Change
    key: Key
    obj: JSON
    before: JSON | None


class Store(Protocol):
    """Objects with revisions, and records of what minipod owns on the host.

    Objects are copied in and out: what a caller does to one later changes nothing here.
    """

    @property
    def version(self) -> int:
        """The newest revision; 0 in an empty store."""

    def get(self, key: Key) -> JSON | None:
        """Return the object, or None."""

    def list(self, kind: str, namespace: str | None = None) -> list[JSON]:
        """Return the objects of a kind (of one namespace, or of all), by namespace and name."""

    def create(self, obj: JSON) -> JSON:
        """Store a new object, set its resourceVersion, return it. AlreadyExists."""

    def update(self, obj: JSON) -> JSON:
        """Replace an object whole. NotFound; Conflict if its resourceVersion is set and is old.

        An update that changes nothing makes no revision.
        """

    def delete(self, key: Key) -> JSON:
        """Remove an object, return its last state with the deletion's version. NotFound."""

    def watch(self, kind: str, namespace: str | None, after: int) -> AsyncIterator[Revision]:
        """Yield every revision of a kind after the version `after`, until the store is closed.

        Expired, at the first step, if revisions after `after` are no longer kept (a store keeps
        the last 10,000), or if `after` is yet to come. A slow reader delays nobody. A wait that
        is cancelled loses nothing.
        """

    def record(self, bucket: str, key: str) -> Any | None:
        """Return a record, or None. Records have no revisions; a value is JSON."""

    def records(self, bucket: str) -> dict[str, Any]:
        """Return all records of a bucket, by key."""

    def put_record(self, bucket: str, key: str, value: Any) -> None:
        """Set a record: records name owners of what is made next.

        Once this returns it outlives the process, however that ends. A crash of the machine may
        lose the newest ones, and takes with it the kernel's things that they named.
        """

    def drop_record(self, bucket: str, key: str) -> None:
        """Remove a record; nothing happens if there is none."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make the calls inside one change: all or none, watchers told at the end.

        Not nested, and nothing is awaited inside.
        """

    def close(self) -> None:
        """Close; watches end."""
