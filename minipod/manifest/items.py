"""Documents to the objects in them: lists are flattened, other kinds than Pod refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import Place, Problem
from minipod.manifest.faults import Fault, FaultKind, Path, quoted, required
from minipod.manifest.kinds import KINDS, NAMESPACE, POD
from minipod.manifest.tree import Position, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.manifest.kinds import Kind
    from minipod.manifest.tree import Reading, Tree
    from minipod.model.pod import JSON

_LIST_KINDS = {"List": None, "PodList": POD, "NamespaceList": NAMESPACE}
"""The lists that a document may be, and what their items are where they do not say it."""
_LIST_FIELDS = frozenset({"apiVersion", "kind", "metadata", "items"})
_WITH_TEMPLATE = frozenset(
    {"DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"}
)


class Item(NamedTuple):
    """An object of a document, at `path` in it: () or items[0].

    `faults` are those that show before it is read as what it seems to be, which is `kind`: a Pod
    where it does not say, None where minipod has none like it.
    """

    value: JSON
    path: Path
    tree: Tree
    reading: Reading
    faults: tuple[Fault, ...] = ()
    kind: Kind | None = None

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
        fault = Fault((), f"an object is a mapping (key: value), this is {what}", FaultKind.TYPE)
        yield Item({}, path, tree, reading, (fault,))
        return
    kind, version = value.get("kind"), value.get("apiVersion")
    if version == "v1" and isinstance(kind, str) and kind in _LIST_KINDS:
        yield from _listed(value, path, tree, reading)
    else:
        seems = POD if kind is None else KINDS.get(kind) if isinstance(kind, str) else None
        yield Item(value, path, tree, reading, tuple(_kind_faults(version, kind)), seems)


def _listed(value: JSON, path: Path, tree: Tree, reading: Reading) -> Iterator[Item]:
    strange = [Fault((name,), "unknown field", at_key=True) for name in value.keys() - _LIST_FIELDS]
    members = value.get("items")
    if not isinstance(members, list):
        strange.append(required(("items",), "a list of objects"))
        members = []
    if strange:
        yield Item(value, path, tree, reading, tuple(strange))
    for index, member in enumerate(members):
        if (kind := _LIST_KINDS[value["kind"]]) and isinstance(member, dict):
            member = {"apiVersion": "v1", "kind": kind.name, **member}  # noqa: PLW2901
        yield from _items(member, (*path, "items", index), tree, reading)


def _kind_faults(version: Any, kind: Any) -> Iterator[Fault]:
    if version is None:
        yield required(("apiVersion",), 'a Pod has "v1"')
    if kind is None:
        yield required(("kind",), 'minipod runs "Pod"')
    known = isinstance(kind, str) and kind in KINDS
    if version is None or kind is None or (version == "v1" and known):
        return
    words = f"no matches for kind {quoted(kind)} in version {quoted(version)}"
    if known:
        yield Fault(("apiVersion",), f'{words}: a {kind} has apiVersion "v1"')
    else:
        yield Fault(("kind",), f"{words}: minipod runs Pods{_way_out(kind)}")


def _way_out(kind: Any) -> str:
    word = str(kind)
    if word in _WITH_TEMPLATE:
        return "; its template makes one, with apiVersion, kind and a name"
    near = {form: kind.name for kind in KINDS.values() for form in (kind.name.lower(), kind.plural)}
    found = near.get(word.lower())
    return f', did you mean "{found}"?' if found else ""
