"""What the server answers, printed: as one table that may go on, or as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from minipod.cli.printing.output import Columns, structured, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    JSON = dict[str, Any]

ADDED = "ADDED"
_LONGEST_CHANGE = len("MODIFIED")


class Printer(Protocol):
    """One way to print objects, each with its `kind` and `apiVersion`."""

    def whole(self, objects: Sequence[JSON], *, alone: bool) -> None:
        """Print all there is; `alone`: it is one object, asked for by name."""

    def more(self, objects: Sequence[JSON], change: str) -> None:
        """Print what a watch brings, and what became of it: ADDED, MODIFIED, DELETED."""


class Look(NamedTuple):
    """What a table has besides the columns that the server sends.

    `prefix` stands before names, `labels` are those with a column of their own, `changes` says what
    became of a row.
    """

    wide: bool = False
    namespaces: bool = False
    headers: bool = True
    prefix: str = ""
    labels: tuple[str, ...] = ()
    all_labels: bool = False
    changes: bool = False


class TablePrinter:
    """Prints `Table`s below each other; those that come without columns have the first one's."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._columns = Columns()
        self._definitions: list[JSON] = []
        self._header_due = look.headers

    def show(self, table: JSON, change: str = ADDED) -> bool:
        """Print the rows of a Table; return False if there are none."""
        self._definitions = table["columnDefinitions"] or self._definitions
        if table["rows"]:
            lines = [self._line(row, change) for row in table["rows"]]
            tell(self._columns.lines([*self._header(), *lines]))
        return bool(table["rows"])

    def _header(self) -> Iterator[list[object]]:
        if not self._header_due:
            return
        self._header_due = False
        look = self._look
        yield [
            *(["EVENT"] if look.changes else []),
            *(["NAMESPACE"] if look.namespaces else []),
            *(self._definitions[n]["name"].upper() for n in self._shown()),
            *(label.rpartition("/")[2].upper() for label in look.labels),
            *(["LABELS"] if look.all_labels else []),
        ]

    def _line(self, row: JSON, change: str) -> list[object]:
        look = self._look
        metadata = (row.get("object") or {}).get("metadata") or {}
        labels = metadata.get("labels") or {}
        return [
            *([change.ljust(_LONGEST_CHANGE)] if look.changes else []),
            *([metadata.get("namespace", "")] if look.namespaces else []),
            *(self._cell(row, n) for n in self._shown()),
            *(labels.get(label, "") for label in look.labels),
            *([_listed(labels)] if look.all_labels else []),
        ]

    def _cell(self, row: JSON, number: int) -> object:
        cell = row["cells"][number]
        if not isinstance(cell, str):
            return cell
        if self._look.prefix and self._definitions[number].get("format") == "name":
            cell = self._look.prefix + cell
        first, *more = cell.splitlines() or [""]
        return f"{first}..." if more else cell

    def _shown(self) -> list[int]:
        wide = self._look.wide
        return [n for n, one in enumerate(self._definitions) if wide or not one["priority"]]


class ObjectPrinter:
    """Prints objects as "json", "yaml" or "name"; with `changes`, a watch's types as well."""

    def __init__(self, output: str | None, *, changes: bool = False) -> None:
        self._output = output
        self._changes = changes
        self._between = ""

    def whole(self, objects: Sequence[JSON], *, alone: bool) -> None:
        """Print all as one List, unless there is only one; names a line each."""
        if alone or self._output == "name":
            for one in objects:
                self._print(one)
        else:
            self._print(as_list(objects))

    def more(self, objects: Sequence[JSON], change: str) -> None:
        """Print each object as a document of its own."""
        for one in objects:
            if not self._changes or self._output == "name":
                self._print(one)
            elif self._output == "json":  # kubectl's: on one line, the type before the object
                from minipod.client.text.gojson import compact

                tell(f'{{"type":"{change}","object":{compact(one)}}}')
            else:
                self._print({"type": change, "object": one})

    def _print(self, one: JSON) -> None:
        if self._output == "name":
            tell(reference(one))
            return
        tell(self._between + structured(one, self._output))
        self._between = "---\n" if self._output == "yaml" else ""


def as_list(objects: Sequence[JSON]) -> JSON:
    """Return the List that kubectl makes of what it was asked for."""
    metadata = {"resourceVersion": ""}
    return {"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": metadata}


def reference(obj: JSON) -> str:
    """Return `pod/web`, or `kind.group/name` of a kind that is not Kubernetes' own core."""
    group = obj["apiVersion"].rpartition("/")[0]
    kind = f"{obj['kind']}.{group}" if group else obj["kind"]
    return f"{kind.lower()}/{obj['metadata']['name']}"


def _listed(labels: Mapping[str, str]) -> str | None:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) or None
