"""`minipod get`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import (
    all_namespaces_option,
    for_option,
    namespace_option,
    output_option,
    pass_session,
    selector_option,
    types_option,
    verb,
)
from minipod.cli.output import say, say_error
from minipod.cli.printers import Look, ObjectPrinter, TablePrinter
from minipod.cli.resources import event_fields, named
from minipod.client.kinds import EVENTS, KINDS, Where
from minipod.errors import NotFound

if TYPE_CHECKING:
    from minipod.cli.printers import Printer
    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.kinds import Kind

    JSON = dict[str, Any]


@verb(
    "get",
    "minipod get pods -o wide",
    "minipod get pod web -o yaml",
    "minipod get pods -A --watch",
    "minipod get events --for pod/web --types=Warning",
)
@click.argument("resources", nargs=-1, required=True, metavar="KIND [NAME]...")
@output_option("wide", "yaml", "json", "name")
@selector_option
@click.option("--field-selector", "fields", metavar="F=V,…", help="Only those with these fields.")
@for_option
@types_option
@namespace_option
@all_namespaces_option
@click.option("--no-headers", is_flag=True, help="Only the rows of a table.")
@click.option("-w", "--watch", is_flag=True, help="Go on with what changes, until Ctrl+C.")
@click.option("--watch-only", is_flag=True, help="Only what changes, until Ctrl+C.")
@pass_session
def get(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    output: str | None,
    selector: str | None,
    fields: str | None,
    about: str | None,
    types: str | None,
    all_namespaces: bool,
    no_headers: bool,
    watch: bool,
    watch_only: bool,
) -> int:
    """Show pods, events, nodes or namespaces, as a table, YAML or JSON.

    KIND is pods, events, nodes or namespaces (po, ev, no, ns); with names, only these, which may
    also be given as pod/NAME.
    """
    kind, names = named(resources, KINDS)
    if names and (selector or fields or about or types or all_namespaces):
        raise click.UsageError("names cannot be given together with a selector or --all-namespaces")
    if (about or types) and kind is not EVENTS:
        raise click.UsageError("--for and --types are of events only")
    selected = ",".join(filter(None, (fields, event_fields(about, types))))
    namespace = None if all_namespaces else session.namespace
    where = Where(namespace, selector, selected or None)
    printer: Printer
    if output in (None, "wide"):
        everywhere = all_namespaces and kind.namespaced
        printer = TablePrinter(Look(output == "wide", everywhere, headers=not no_headers))
    else:
        printer = ObjectPrinter(kind, output)
    api = session.api()
    if watch or watch_only:
        if names:
            where = _only(api, kind, names, session.namespace)
        _follow(api, kind, where, printer, from_now=watch_only)
        return 0
    if names:
        return _show_named(api, kind, names, session.namespace, printer)
    _show_all(api, kind, where, printer)
    return 0


def _show_all(api: Api, kind: Kind, where: Where, printer: Printer) -> None:
    found = api.list_of(kind, where, table=printer.as_table)
    if not printer.whole([found], alone=False):
        inside = kind.namespaced and where.namespace
        say(f"No resources found{f' in {inside} namespace.' if inside else ''}")


def _show_named(api: Api, kind: Kind, names: list[str], namespace: str, printer: Printer) -> int:
    """Print those that are there; return 1 if one is not, which is told at the end."""
    found: list[JSON] = []
    missing: list[NotFound] = []
    for name in names:
        try:
            found.append(api.get(kind, namespace, name, table=printer.as_table))
        except NotFound as error:
            missing.append(error)
    printer.whole(found, alone=len(names) == 1)
    for each in missing:
        say_error(each)
    return int(bool(missing))


def _only(api: Api, kind: Kind, names: list[str], namespace: str) -> Where:
    """Return where the one object is that is to be watched. NotFound."""
    if len(names) > 1:
        raise click.UsageError("watch one object, or all of a kind")
    api.get(kind, namespace, names[0])
    return Where(namespace, fields=f"metadata.name={names[0]}")


def _follow(api: Api, kind: Kind, where: Where, printer: Printer, *, from_now: bool) -> None:
    """Print what there is, unless `from_now`, and what comes until the server ends the watch."""
    listed = api.list_of(kind, where, table=printer.as_table)
    if not from_now:
        printer.more(listed)
    after = listed["metadata"]["resourceVersion"]
    for event in api.watch(kind, where, after, table=printer.as_table):
        printer.more(event["object"])
