"""Sources to objects, all or none: every problem of every source is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import InvalidManifest, Place, Problem
from minipod.manifest import comments
from minipod.manifest.examine import examine
from minipod.manifest.faults import Fault, FaultKind, path_text, quoted, required
from minipod.manifest.items import Item, items
from minipod.manifest.kinds import POD
from minipod.manifest.reader import read
from minipod.manifest.tree import MAX_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipod.manifest.faults import Path
    from minipod.manifest.kinds import Kind
    from minipod.manifest.text import Source
    from minipod.manifest.tree import Comment, Reading, Tree
    from minipod.model.pod import JSON


class Document(NamedTuple):
    """A valid object with its defaults, and where it stands; `item.value` is it as it was written.

    It has a `metadata.generateName` and no name where the user leaves the name to the server.
    """

    obj: JSON
    place: Place
    source: str
    item: Item

    def field(self, path: Path) -> str:
        """Return a path of the object as it is called in the document."""
        return path_text((*self.item.path, *path))


class Decoded(NamedTuple):
    """What sources hold, in their order, and a line for each warning."""

    objects: tuple[Document, ...]
    warnings: tuple[str, ...]


class PortClash(NamedTuple):
    """A port that stands twice in a pod: no error of Kubernetes, and yet one of two will fail."""

    problem: Problem
    way_out: str


class Survey(NamedTuple):
    """All that can be said of sources, whatever is wrong with them; in the order of the text."""

    objects: tuple[Document, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    clashes: tuple[PortClash, ...]


class Reference(NamedTuple):
    """Which object a document speaks of."""

    kind: str
    namespace: str
    name: str


class Namespace(NamedTuple):
    """The namespace of objects that name none; an explicit one (-n) allows no other."""

    name: str
    explicit: bool


def decode(
    sources: Sequence[Source],
    *,
    default_namespace: str = "default",
    namespace_is_explicit: bool = False,
    strict_ports: bool = False,
    verb: str = "create",
) -> Decoded:
    """Return the objects of all sources, valid, with defaults; InvalidManifest with every problem.

    `namespace_is_explicit` says that the user asked for `default_namespace`: another one in an
    object is an error then, as with kubectl. `strict_ports`: so is a port that stands twice. `verb`
    is what the objects are wanted for.
    """
    collection = _Collection(sources, verb)
    documents = collection.documents(Namespace(default_namespace, namespace_is_explicit))
    if strict_ports:
        collection.refuse_clashes()
    collection.settle()
    return Decoded(documents, tuple(str(problem) for problem, _ in collection.remarks))


def survey(
    sources: Sequence[Source],
    *,
    default_namespace: str = "default",
    namespace_is_explicit: bool = False,
) -> Survey:
    """Return what is right and what is wrong with sources; those that are wrong are no error."""
    collection = _Collection(sources, "check")
    documents = collection.documents(Namespace(default_namespace, namespace_is_explicit))
    return Survey(
        documents,
        tuple(collection.problems()),
        tuple(problem for problem, way_out in collection.remarks if not way_out),
        tuple(PortClash(*remark) for remark in collection.remarks if remark[1]),
    )


def names(
    sources: Sequence[Source],
    *,
    default_namespace: str = "default",
    namespace_is_explicit: bool = False,
) -> list[Reference]:
    """Return which objects the sources speak of, whatever else they say; InvalidManifest.

    For `delete -f`: an object needs apiVersion, kind and metadata.name only.
    """
    collection = _Collection(sources, "delete")
    namespace = Namespace(default_namespace, namespace_is_explicit)
    references = [
        reference for item in collection.items() if (reference := collection.name(item, namespace))
    ]
    collection.settle()
    return references


class _Collection:
    """The objects of several sources, and what is wrong with any of them."""

    def __init__(self, sources: Sequence[Source], verb: str) -> None:
        self._readings = [read(source) for source in sources]
        self._verb = verb
        self.remarks: list[tuple[Problem, str]] = []
        self._order = {reading.source: number for number, reading in enumerate(self._readings)}
        self._problems = [problem for reading in self._readings for problem in reading.problems]
        self._seen: dict[Reference, Place] = {}
        self._slashes: dict[int, tuple[Comment, ...]] = {}

    def items(self) -> Iterator[Item]:
        """Yield every object, until there are more problems than are told."""
        empty = True
        for reading in self._readings:
            for tree in reading.trees:
                self._note_tree(tree, reading)
                for item in items(tree, reading):
                    empty = False
                    yield item
                if len(self._problems) > MAX_FAULTS:
                    return
        if empty and not self._problems:
            where = Place(self._readings[0].source, 1, 1) if self._readings else None
            self._problems.append(Problem("", f"no objects passed to {self._verb}", place=where))

    def _note_tree(self, tree: Tree, reading: Reading) -> None:
        """Note what reading found in a document: keys that stand twice, and `// comments`."""
        whole = Item({}, (), tree, reading)
        self._problems += [whole.problem(fault) for fault in tree.faults]
        if all(not c.in_key and comments.is_free_text(c.path) for c in tree.comments):
            told = _told(tree, reading, comments.IN_FREE_TEXT)
            self.remarks += ((problem, "") for problem in told)
        else:
            self._problems += _told(tree, reading, comments.MESSAGE)
            self._slashes[id(tree)] = tree.comments

    def documents(self, namespace: Namespace) -> tuple[Document, ...]:
        """Return the objects that are right; what is wrong with the others is noted."""
        found = (self._document(item, namespace) for item in self.items())
        return tuple(document for document in found if document)

    def _document(self, item: Item, namespace: Namespace) -> Document | None:
        """Return an item as an object, or None with its faults noted."""
        if item.kind is None:
            self._note(item, item.faults)
            return None
        examined = examine(item.kind, item.value, namespace.name)
        faults = [*item.faults, *examined.faults, *_foreign(examined.obj, namespace)]
        self._note(item, faults)
        self._note_duplicate(item, _key(item.kind, examined.obj))
        for path, message, way_out in examined.remarks:
            field = path_text((*item.path, *path))
            self.remarks.append((Problem(field, message, place=item.place(path)), way_out))
        if faults:
            return None
        obj = item.kind.defaulted(examined.obj)
        return Document(obj, item.place(), item.reading.source, item)

    def name(self, item: Item, namespace: Namespace) -> Reference | None:
        """Return an item's name, or None with its faults noted."""
        metadata = item.value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        name, own = metadata.get("name"), metadata.get("namespace") or namespace.name
        faults = list(item.faults)
        if not faults and not (name and isinstance(name, str)):
            faults.append(required(("metadata", "name")))
        if not faults and not isinstance(own, str):
            faults.append(Fault(("metadata", "namespace"), "must be a string", FaultKind.TYPE))
        kind = item.kind or POD
        own = own if kind.namespaced else ""
        if not faults:
            faults += _foreign({"metadata": {"namespace": own}}, namespace)
        self._note(item, faults)
        return None if faults else Reference(kind.name, own, str(name))

    def _note_duplicate(self, item: Item, reference: Reference) -> None:
        """Note an object that stands a second time in the request."""
        path: Path = ("metadata", "name")
        if reference.name and reference in self._seen:
            message = f"Duplicate value: {quoted(reference.name)}: also at {self._seen[reference]}"
            self._note(item, [Fault(path, message, FaultKind.DUPLICATE)])
        self._seen.setdefault(reference, item.place(path))

    def refuse_clashes(self) -> None:
        """Count ports that stand twice as problems."""
        self._problems += [
            problem._replace(reason=FaultKind.DUPLICATE.value)
            for problem, way_out in self.remarks
            if way_out
        ]

    def settle(self) -> None:
        """Raise what is wrong, in the order of the text."""
        problems = self.problems()
        if problems:
            slashes = any(problem.message == comments.MESSAGE for problem in problems)
            hint = "begin each comment with '#'" if slashes else None
            raise InvalidManifest(problems, hint=hint)

    def problems(self) -> list[Problem]:
        """Return what is wrong, in the order of the text."""
        problems = sorted(set(self._problems), key=self._in_order)
        if len(problems) > MAX_FAULTS:
            problems[MAX_FAULTS:] = [
                Problem("", f"more than {MAX_FAULTS} problems; these are the first")
            ]
        return problems

    def _note(self, item: Item, faults: Iterable[Fault]) -> None:
        """Note faults, less those that a `// comment` explains."""
        explained = {comment.path for comment in self._slashes.get(id(item.tree), ())}
        for fault in faults:
            if not _begins_with(explained, (*item.path, *fault.path)):
                self._problems.append(item.problem(fault))

    def _in_order(self, problem: Problem) -> tuple[int, int, int, str]:
        where = problem.place or Place("", 0, 0)
        return self._order.get(where.source, 0), where.line, where.column, str(problem)


def _told(tree: Tree, reading: Reading, message: str) -> Iterator[Problem]:
    """Yield the `// comments` of a document as problems."""
    for comment in tree.comments:
        field = "" if comment.in_key else path_text(comment.path)
        yield Problem(field, message, place=Place(reading.source, *comment.position))


def _begins_with(heads: set[Path], path: Path) -> bool:
    return any(path[:length] in heads for length in range(1, len(path) + 1))


def _foreign(obj: JSON, namespace: Namespace) -> Iterator[Fault]:
    """Yield kubectl's error if an object names another namespace than the one asked for."""
    own = obj["metadata"].get("namespace")
    if own and namespace.explicit and own != namespace.name:
        message = (
            f'the namespace from the provided object "{own}" does not match the namespace '
            f"\"{namespace.name}\". You must pass '--namespace={own}' to perform this operation."
        )
        yield Fault(("metadata", "namespace"), message)


def _key(kind: Kind, obj: JSON) -> Reference:
    metadata = obj["metadata"]
    return Reference(kind.name, metadata.get("namespace", ""), metadata.get("name", ""))
