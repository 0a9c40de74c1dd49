"""`minipod events`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.resources import event_fields
from minipod.cli.options import (
    all_namespaces_option,
    chunk_size_option,
    for_option,
    namespace_option,
    pass_session,
    types_option,
    verb,
)
from minipod.cli.printing.form import form_options
from minipod.cli.printing.output import Columns, say, tell
from minipod.cli.printing.printers import ADDED, Look
from minipod.client.kinds import EVENTS, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.cli.printing.form import Form
    from minipod.cli.printing.printers import Printer
    from minipod.cli.session import Session

    JSON = dict[str, Any]


@verb("events", "minipod events", "minipod events --for pod/web --watch")
@form_options("Another format than the usual: yaml, json, name, or a template, as of get.")
@chunk_size_option
@for_option
@types_option
@namespace_option
@all_namespaces_option
@click.option("--no-headers", is_flag=True, help="Only the rows of the table.")
@click.option("-w", "--watch", is_flag=True, help="Go on with what comes, until Ctrl+C.")
@pass_session
def events(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    output: Form,
    about: str | None,
    types: str | None,
    all_namespaces: bool,
    no_headers: bool,
    watch: bool,
) -> None:
    """List what happened, newest last.

    Events are kept for an hour; one that comes again is counted.
    """
    from minipod.client.describe.events import in_order

    where = Where(None if all_namespaces else session.namespace, fields=event_fields(about, types))
    printer: Printer = EventPrinter(Look(namespaces=all_namespaces, headers=not no_headers))
    if output.output is not None:
        printer = output.printer()
    api = session.api()
    listed = api.list_of(EVENTS, where)
    kind = {"apiVersion": EVENTS.api_version, "kind": EVENTS.name}
    found = [kind | event for event in in_order(listed["items"])]
    if watch:
        from minipod.cli.telling.reader import end_with_reader
        from minipod.client.waits.watching import watched

        end_with_reader()
        printer.more(found, ADDED)
        for event in watched(api, EVENTS, where, listed["metadata"]["resourceVersion"]):
            if event["type"] != "DELETED":  # its hour is over: nothing happened
                printer.more([event["object"]], event["type"])
    elif found:
        printer.whole(found, alone=False)
    else:
        say(f"No events found{f' in {where.namespace} namespace' if where.namespace else ''}.")


class EventPrinter:
    """Prints events in the columns of `kubectl events`."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._columns = Columns()
        self._header_due = look.headers

    def whole(self, objects: Sequence[JSON], *, alone: bool) -> None:
        """Print events."""
        del alone
        from minipod.client.describe.clock import Clock
        from minipod.client.describe.events import LIST_HEADER, list_cells

        if not objects:
            return
        clock = Clock(time.time())
        lines = [[event["metadata"]["namespace"], *list_cells(event, clock)] for event in objects]
        if self._header_due:
            self._header_due = False
            lines.insert(0, ["NAMESPACE", *LIST_HEADER])
        tell(self._columns.lines(line[not self._look.namespaces :] for line in lines))

    def more(self, objects: Sequence[JSON], change: str) -> None:
        """Print more events."""
        del change
        self.whole(objects, alone=False)
