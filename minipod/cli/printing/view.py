"""What `get` shows, and how: the objects of some kinds, as tables or in a format."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.cli.printing.printers import ObjectPrinter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.cli.printing.printers import Look, Printer
    from minipod.client.kinds import Kind, Where

    JSON = dict[str, Any]

_TABLES = (None, "wide")
_WORDS = ("json", "name", "yaml")


class Group(NamedTuple):
    """What is wanted of one kind: these names of a namespace, or without names all there is."""

    kind: Kind
    where: Where
    names: tuple[str, ...] = ()


class View(NamedTuple):
    """How it is to be shown."""

    output: str | None
    look: Look
    sort_by: str | None = None
    ignore_missing: bool = False
    allow_missing_keys: bool = True
    server_print: bool = True

    @property
    def as_table(self) -> bool:
        """Whether the server's own columns are shown."""
        return self.output in _TABLES

    @property
    def asks_for_table(self) -> bool:
        """Whether the server makes the table."""
        return self.as_table and self.server_print

    @property
    def include(self) -> str | None:
        """What the rows of a table are to hold of their objects; None: the usual."""
        return "Object" if self.asks_for_table and self.sort_by else None

    def answered(self, answer: JSON) -> JSON:
        """Return what the server answered as it is shown: as the table that it did not make."""
        if not self.as_table or self.server_print:
            return answer
        from minipod.client.views.plain_table import plain_table

        return plain_table(answer, time.time())

    def in_order(self, *tables: JSON) -> JSON:
        """Return one Table with the rows of some."""
        rows = [row for table in tables for row in table["rows"]]
        return tables[0] | {"rows": self._sorted(rows, lambda row: row["object"])}

    def objects(self, kind: Kind, answers: Iterable[JSON]) -> list[JSON]:
        """Return the objects of answers, in order, each with what a list leaves out of it."""
        said = {"apiVersion": kind.api_version, "kind": kind.name}
        found = [said | obj for answer in answers for obj in answer.get("items", [answer])]
        return self._sorted(found, lambda obj: obj)

    def _sorted(self, items: list[JSON], value_of: Callable[[JSON], JSON]) -> list[JSON]:
        if not self.sort_by:
            return items
        from minipod.cli.printing.sorting import ordered

        return ordered(items, self.sort_by, value_of)

    def printer(self) -> Printer:
        """Return what prints objects in this format."""
        if self.output in _WORDS:
            return ObjectPrinter(self.output, changes=self.look.changes)
        from minipod.cli.printing.formats import Wish, printer

        wish = Wish(self.allow_missing_keys, self.look.headers, self.look.changes)
        return printer(str(self.output), wish)


def look_at(view: View, kind: Kind, *, several: bool, namespaced: bool) -> Look:
    """Return how the table of one kind looks; `several`: it is not the only one."""
    look = view.look
    prefix = f"{kind.qualified}/" if several or look.prefix else ""
    return look._replace(prefix=prefix, namespaces=look.namespaces and namespaced)
