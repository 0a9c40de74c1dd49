"""What the server answers, printed: as one table that may go on, or as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from minipod.cli.output import Columns, structured, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.client.kinds import Kind

    JSON = dict[str, Any]


class Printer(Protocol):
    """One way to print; `as_table` says in which form it wants the server's answers."""

    as_table: bool

    def whole(self, answers: Sequence[JSON], *, alone: bool) -> bool:
        """Print all there is; `alone`: it is one object, asked for by name. False if nothing."""

    def more(self, answer: JSON) -> None:
        """Print what a watch brings."""


class Look(NamedTuple):
    """Which columns a table has, and whether they have headers."""

    wide: bool = False
    namespaces: bool = False
    headers: bool = True


class TablePrinter:
    """Prints `Table`s below each other; those that come without columns have the first one's."""

    as_table = True

    def __init__(self, look: Look) -> None:
        self._look = look
        self._columns = Columns()
        self._definitions: list[JSON] = []
        self._header_due = look.headers

    def whole(self, answers: Sequence[JSON], *, alone: bool = False) -> bool:
        """Print the rows of all these Tables."""
        del alone
        for each in answers:
            self._definitions = each["columnDefinitions"] or self._definitions
        rows = [row for each in answers for row in each["rows"]]
        if rows:
            tell(self._columns.lines([*self._header(), *map(self._line, rows)]))
        return bool(rows)

    def more(self, answer: JSON) -> None:
        """Print the rows of a Table."""
        self.whole([answer])

    def _header(self) -> Iterator[list[object]]:
        if self._header_due:
            self._header_due = False
            names = [self._definitions[n]["name"].upper() for n in self._shown()]
            yield ["NAMESPACE", *names] if self._look.namespaces else names

    def _line(self, row: JSON) -> list[object]:
        cells = [row["cells"][n] for n in self._shown()]
        return [row["object"]["metadata"]["namespace"], *cells] if self._look.namespaces else cells

    def _shown(self) -> list[int]:
        wide = self._look.wide
        return [n for n, one in enumerate(self._definitions) if wide or not one["priority"]]


class ObjectPrinter:
    """Prints objects of a kind as "json", "yaml" or "name"."""

    as_table = False

    def __init__(self, kind: Kind, output: str | None) -> None:
        self._kind = kind
        self._output = output
        self._between = ""

    def whole(self, answers: Sequence[JSON], *, alone: bool = False) -> bool:
        """Print all as one List, unless there is only one; names a line each."""
        objects = [one for answer in answers for one in self._objects(answer)]
        if alone or self._output == "name":
            for one in objects:
                self._print(one)
        else:
            metadata = {"resourceVersion": ""}
            listed = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": metadata}
            tell(structured(listed, self._output))
        return True

    def more(self, answer: JSON) -> None:
        """Print an object, or each of a list, as a document of its own."""
        for one in self._objects(answer):
            self._print(one)

    def _objects(self, answer: JSON) -> Iterator[JSON]:
        """Yield an object, or those of a list with what Kubernetes leaves out there."""
        kind = {"apiVersion": self._kind.api_version, "kind": self._kind.name}
        yield from (kind | one for one in answer["items"]) if "items" in answer else (answer,)

    def _print(self, one: JSON) -> None:
        if self._output == "name":
            tell(f"{self._kind.singular}/{one['metadata']['name']}")
            return
        tell(self._between + structured(one, self._output))
        self._between = "---\n" if self._output == "yaml" else ""
