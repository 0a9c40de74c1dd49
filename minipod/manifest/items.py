"""Documents to the objects in them: lists are flattened, other kinds than Pod refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import Place, Problem
from minipod.manifest.faults import Fault, Kind, Path, quoted, required
from minipod.manifest.tree import Position, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.manifest.tree import Reading, Tree
    from minipod.model.pod import JSON

_LIST_KINDS = ("List", "PodList")
_LIST_FIELDS = frozenset({"apiVersion", "kind", "metadata", "items"})
_WITH_TEMPLATE = frozenset(
    {"DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"}
)


class Item(NamedTuple):
    """An object of a document, at `path` in it: () or items[0].

    `faults` are those that show before it is read as a Pod, which `is_pod` tells it seems to be.
    """

    value: JSON
    path: Path
    tree: Tree
    reading: Reading
    faults: tuple[Fault, ...] = ()
    is_pod: bool = False

    def place(self, fault_path: Path = (), *, key: bool = False) -> Place:
        """Return where a path of the object stands, or its nearest parent that exists."""
        position = self.tree.marks.find((*self.path, *fault_path), key=key)
        return Place(self.reading.source, *position)

    def problem(self, fault: Fault) -> Problem:
        """Return a fault of the object with its place, and its path in the document."""
        where = self.place(fault.at or fault.path, key=fault.at_key)
        problem = fault._replace(path=(*self.path, *fault.path)).problem(where)
        if not fault.quotable:
            return problem
        word = written(self.reading.lines, Position(where.line, where.column))
        return problem._replace(message=f"{problem.message}: put it in quotes: {quoted(word)}")


def items(tree: Tree, reading: Reading) -> Iterator[Item]:
    """Yield the objects of a document; an empty one has none."""
    if tree.value is not None:
        yield from _items(tree.value, (), tree, reading)


def _items(value: Any, path: Path, tree: Tree, reading: Reading) -> Iterator[Item]:
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list) else "a single value"
        fault = Fault((), f"an object is a mapping (key: value), this is {what}", Kind.TYPE)
        yield Item({}, path, tree, reading, (fault,))
        return
    kind, version = value.get("kind"), value.get("apiVersion")
    if version == "v1" and kind in _LIST_KINDS:
        yield from _listed(value, path, tree, reading)
    else:
        seems_pod = kind in (None, "Pod")
        yield Item(value, path, tree, reading, tuple(_kind_faults(version, kind)), seems_pod)


def _listed(value: JSON, path: Path, tree: Tree, reading: Reading) -> Iterator[Item]:
    strange = [Fault((name,), "unknown field", at_key=True) for name in value.keys() - _LIST_FIELDS]
    members = value.get("items")
    if not isinstance(members, list):
        strange.append(required(("items",), "a list of objects"))
        members = []
    if strange:
        yield Item(value, path, tree, reading, tuple(strange))
    for index, member in enumerate(members):
        if value["kind"] == "PodList" and isinstance(member, dict):
            member = {"apiVersion": "v1", "kind": "Pod", **member}  # noqa: PLW2901
        yield from _items(member, (*path, "items", index), tree, reading)


def _kind_faults(version: Any, kind: Any) -> Iterator[Fault]:
    if version is None:
        yield required(("apiVersion",), 'a Pod has "v1"')
    if kind is None:
        yield required(("kind",), 'minipod runs "Pod"')
    if version is None or kind is None or (version, kind) == ("v1", "Pod"):
        return
    words = f"no matches for kind {quoted(kind)} in version {quoted(version)}"
    if kind == "Pod":
        yield Fault(("apiVersion",), f'{words}: a Pod has apiVersion "v1"')
    else:
        yield Fault(("kind",), f"{words}: minipod runs Pods{_way_out(kind)}")


def _way_out(kind: Any) -> str:
    word = str(kind)
    if word in _WITH_TEMPLATE:
        return "; its template makes one, with apiVersion, kind and a name"
    return ', did you mean "Pod"?' if word.lower() in ("pod", "pods") else ""
