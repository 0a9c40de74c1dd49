"""`minipod get --watch`: what there is of one kind, and what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.printing.output import say_warning
from minipod.cli.printing.printers import ADDED, TablePrinter
from minipod.cli.printing.view import look_at
from minipod.client.kinds import Where
from minipod.client.waits.watching import watched
from minipod.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minipod.cli.printing.printers import Printer
    from minipod.cli.printing.view import Group, View
    from minipod.client import Api

    JSON = dict[str, Any]


def follow(
    api: Api, groups: Sequence[Group], view: View, printer: Printer | None, *, from_now: bool
) -> int:
    """Print what there is, unless `from_now`, and what comes until the server ends the watch.

    `printer` is None for a table. Return the exit code. UsageError for more than one kind or name.
    """
    group = _only(groups)
    if view.sort_by:
        say_warning("--watch requested, --sort-by will be ignored for watch events received")
    where = group.where
    if group.names:
        try:
            api.get(group.kind, where.namespace or "", group.names[0])
        except NotFound:
            if view.ignore_missing:
                return 0
            raise
        where = Where(where.namespace, fields=f"metadata.name={group.names[0]}")
    show = _shower(group, view, printer)
    listed = api.list_of(group.kind, where, table=view.asks_for_table, include=view.include)
    if not from_now:
        show(view.answered(listed), ADDED)
    after = listed["metadata"]["resourceVersion"]
    for event in watched(api, group.kind, where, after, table=view.asks_for_table):
        show(view.answered(event["object"]), event["type"])
    return 0


def _only(groups: Sequence[Group]) -> Group:
    if len({group.kind for group in groups}) > 1:
        raise click.UsageError("you may only specify a single resource type")
    if len(groups) > 1 or len(groups[0].names) > 1:
        raise click.UsageError("watch one object, or all of a kind")
    return groups[0]


def _shower(group: Group, view: View, printer: Printer | None) -> Callable[[JSON, str], None]:
    """Return what prints an answer of the server: a list, or what a watch brings."""
    if printer is None:
        namespaced = group.kind.namespaced
        tables = TablePrinter(look_at(view, group.kind, several=False, namespaced=namespaced))

        def show_table(table: JSON, change: str) -> None:
            tables.show(view.in_order(table), change)

        return show_table

    def show(answer: JSON, change: str) -> None:
        printer.more(view.objects(group.kind, [answer]), change)

    return show
