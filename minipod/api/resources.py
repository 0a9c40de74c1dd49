"""The kinds of objects that the API serves: one table, from which routes and discovery follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.model import conflicts

if TYPE_CHECKING:
    from collections.abc import Mapping


class Resource(NamedTuple):
    """A kind and its names; `fields` are those that a field selector may name, with their paths.

    `group` is the API's group: "" is Kubernetes' own core.
    """

    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    namespaced: bool
    verbs: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    group: str = ""
    version: str = "v1"

    @property
    def api_version(self) -> str:
        """Group and version, as an object names them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def collections(self) -> tuple[str, ...]:
        """The paths of its lists."""
        above = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        if not self.namespaced:
            return (f"{above}/{self.plural}",)
        return (f"{above}/{self.plural}", f"{above}/namespaces/{{namespace}}/{self.plural}")

    @property
    def item(self) -> str:
        """The path of one object."""
        return f"{self.collections[-1]}/{{name}}"


def _paths(*fields: str) -> dict[str, tuple[str, ...]]:
    return {field: tuple(field.split(".")) for field in fields}


_NAMES = ("metadata.name", "metadata.namespace")
_READ = ("get", "list", "watch")
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

PODS = Resource(
    "Pod",
    "pods",
    "pod",
    ("po",),
    namespaced=True,
    verbs=("create", "delete", "deletecollection", "patch", "update", *_READ),
    fields=_paths(
        *_NAMES,
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
        "status.podIP",
    ),
)
EVENTS = Resource(
    "Event",
    "events",
    "event",
    ("ev",),
    namespaced=True,
    verbs=("delete", "deletecollection", *_READ),
    fields=_paths(*_NAMES, "reason", "type", *(f"involvedObject.{name}" for name in _INVOLVED)),
)
NODES = Resource(
    "Node",
    "nodes",
    "node",
    ("no",),
    namespaced=False,
    verbs=_READ,
    fields=_paths("metadata.name"),
)
NAMESPACES = Resource(
    "Namespace",
    "namespaces",
    "namespace",
    ("ns",),
    namespaced=False,
    verbs=("create", "delete", "patch", "update", *_READ),
    fields=_paths("metadata.name", "status.phase"),
)
OWN_GROUP = conflicts.GROUP
CONFLICTS = Resource(
    conflicts.KIND,
    "portconflicts",
    "portconflict",
    ("conflicts",),
    namespaced=True,
    verbs=_READ,
    fields=_paths(*_NAMES, "pod", "rule", "protocol"),
    group=OWN_GROUP,
)
RESOURCES = (PODS, EVENTS, NODES, NAMESPACES, CONFLICTS)
