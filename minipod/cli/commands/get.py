"""`minipod get`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.resources import event_fields, selections
from minipod.cli.options import (
    all_namespaces_option,
    chunk_size_option,
    fields_option,
    files_option,
    for_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    types_option,
    verb,
)
from minipod.cli.printing.form import form_options
from minipod.cli.printing.output import say, say_error, tell
from minipod.cli.printing.printers import Look, TablePrinter
from minipod.cli.printing.view import Group, View, look_at
from minipod.client.kinds import EVENTS, KINDS, Where
from minipod.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.cli.arguments.resources import Selection
    from minipod.cli.printing.form import Form
    from minipod.cli.printing.printers import Printer
    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.kinds import Kind

    JSON = dict[str, Any]

_FORMATS = (
    "wide, yaml, json, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE,"
    " go-template=TEMPLATE, go-template-file=FILE, custom-columns=HEADER:PATH,… or"
    " custom-columns-file=FILE."
)


@verb(
    "get",
    "minipod get pods -o wide",
    "minipod get pod web -o yaml",
    "minipod get pods,events -n lab",
    "minipod get pods -A --watch",
    "minipod get pods --sort-by=.status.startTime -L app",
    "minipod get pods -o jsonpath='{range .items[*]}{.metadata.name} {.status.podIP};{end}'",
    "minipod get pods -o custom-columns=NAME:.metadata.name,IP:.status.podIP",
    "minipod get events --for pod/web --types=Warning",
)
@click.argument(
    "resources",
    nargs=-1,
    metavar="[KIND,... [NAME...] | KIND/NAME...]",
    **offers("resources"),
)
@form_options(f"Another format than the usual: {_FORMATS}", offered="formats")
@files_option(required=False)
@selector_option
@fields_option
@for_option
@types_option
@namespace_option
@all_namespaces_option
@click.option("--no-headers", is_flag=True, help="Only the rows of a table.")
@click.option(
    "-L",
    "--label-columns",
    "columns",
    multiple=True,
    metavar="LABEL,…",
    help="A column for each of these labels.",
)
@click.option("--show-labels", is_flag=True, help="A column with all labels.")
@click.option("--show-kind", is_flag=True, help="The kind before each name.")
@click.option("--sort-by", metavar="PATH", help="In the order of what this JSONPath finds.")
@click.option("--ignore-not-found", is_flag=True, help="A name that is not there is no error.")
@chunk_size_option
@click.option(
    "--server-print",
    type=bool,
    is_flag=False,
    flag_value="true",
    default=True,
    metavar="BOOL",
    help="Whether the server says which columns there are; else name and age. [default: true]",
)
@click.option("--raw", metavar="PATH", help="Print what the server answers at this path.")
@click.option("-w", "--watch", is_flag=True, help="Go on with what changes, until Ctrl+C.")
@click.option("--watch-only", is_flag=True, help="Only what changes, until Ctrl+C.")
@click.option(
    "--output-watch-events",
    "changes",
    is_flag=True,
    help="Of a watch: whether each was ADDED, MODIFIED or DELETED.",
)
@pass_session
def get(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    output: Form,
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    fields: str | None,
    about: str | None,
    types: str | None,
    all_namespaces: bool,
    no_headers: bool,
    columns: tuple[str, ...],
    show_labels: bool,
    show_kind: bool,
    sort_by: str | None,
    ignore_not_found: bool,
    server_print: bool,
    raw: str | None,
    watch: bool,
    watch_only: bool,
    changes: bool,
) -> int:
    """Show objects as a table, as YAML or JSON, or as a template says.

    KIND is pods, events, nodes, namespaces or portconflicts (po, ev, no, ns, conflicts), several
    with commas between, or all. With names, or as pod/NAME, only these.
    """
    if raw is not None:
        return _print_raw(session, raw, alone=not (resources or files or output.output))
    labels = tuple(label for each in columns for label in each.split(",") if label)
    look = Look(
        output.output == "wide",
        all_namespaces,
        headers=not no_headers,
        prefix="/" if show_kind else "",
        labels=labels,
        all_labels=show_labels,
        changes=changes,
    )
    view = View(output.output, look, sort_by, ignore_not_found, output.allow_missing, server_print)
    _require_sense(view, watched=watch or watch_only)
    chosen = _chosen(resources, files, narrowed=bool(selector or fields), everywhere=all_namespaces)
    if (about or types) and any(each.kind is not EVENTS or each.names for each in chosen):
        raise click.UsageError("--for and --types are of events only")
    selected = ",".join(filter(None, (fields, event_fields(about, types))))
    where = Where(None if all_namespaces else session.namespace, selector, selected or None)
    printer = None if view.as_table else view.printer()
    api = session.api()
    groups = [Group(each.kind, where, each.names) for each in chosen]
    if files:
        groups = _of_files(api, session, files, recursive=recursive)
    if watch or watch_only:
        from minipod.cli.telling.reader import end_with_reader

        end_with_reader()
        from minipod.cli.printing.following import follow

        return follow(api, groups, view, printer, from_now=watch_only)
    if printer is not None:
        return _show_objects(api, groups, view, printer)
    return _show_tables(api, groups, view)


def _print_raw(session: Session, path: str, *, alone: bool) -> int:
    """Print an answer as it comes. UsageError unless it is `alone` what is asked for."""
    if not alone:
        raise click.UsageError("--raw cannot be given together with objects, files or --output")
    for piece in session.api().raw_text(path if path.startswith("/") else f"/{path}"):
        click.echo(piece, nl=False)
    return 0


def _require_sense(view: View, *, watched: bool) -> None:
    """Raise UsageError for options that have no meaning together."""
    if not view.as_table:
        for name, given in (
            ("--show-labels", view.look.all_labels),
            ("--label-columns", view.look.labels),
        ):
            if given:
                raise click.UsageError(f"{name} option cannot be used with {view.output} printer")
    if view.look.changes and not watched:
        raise click.UsageError(
            "--output-watch-events option can only be used with --watch or --watch-only"
        )


def _chosen(
    resources: tuple[str, ...], files: tuple[str, ...], *, narrowed: bool, everywhere: bool
) -> list[Selection]:
    """Return what the words name: nothing if files do. UsageError unless it is one of both."""
    if files and (resources or narrowed):
        raise click.UsageError("--filename cannot be given together with a kind or a selector")
    if not files and not resources:
        raise click.UsageError("give a KIND, or --filename")
    chosen = selections(resources, KINDS) if resources else []
    if any(each.names for each in chosen):
        if narrowed:
            raise click.UsageError("names cannot be given together with a selector")
        if everywhere:
            raise click.UsageError("a resource cannot be retrieved by name across all namespaces")
    return chosen


def _of_files(
    api: Api, session: Session, files: tuple[str, ...], *, recursive: bool
) -> list[Group]:
    """Return the objects that manifests name."""
    from minipod.cli.submitting import refusing
    from minipod.client.manifests.sources import read
    from minipod.client.targets import of_sources

    with refusing("shown"):
        named = of_sources(api, read(files, recursive=recursive), session.given_namespace)
    return [Group(each.kind, Where(each.namespace), (each.name,)) for each in named]


def _show_tables(api: Api, groups: Sequence[Group], view: View) -> int:
    """Print a table for each kind, a blank line between; return the exit code."""
    missing: list[NotFound] = []
    fetched: list[tuple[Kind, list[JSON]]] = []
    for group in groups:
        tables = _fetch(api, group, missing, view)
        if fetched and fetched[-1][0] is group.kind:
            fetched[-1][1].extend(tables)
        elif tables:
            fetched.append((group.kind, tables))
    several = len({kind for kind, _ in fetched}) > 1
    written = namespaced = False
    for kind, tables in fetched:
        namespaced = namespaced or kind.namespaced
        table = view.in_order(*tables)
        if written and table["rows"] and view.look.headers:
            tell("")
        printer = TablePrinter(look_at(view, kind, several=several, namespaced=namespaced))
        written = printer.show(table) or written
    if not (written or missing or view.ignore_missing):
        _say_nothing(groups)
    return _report(missing, view)


def _show_objects(api: Api, groups: Sequence[Group], view: View, printer: Printer) -> int:
    """Print objects in the view's format: one alone, else all as one List."""
    missing: list[NotFound] = []
    found = [
        obj
        for group in groups
        for obj in view.objects(group.kind, _fetch(api, group, missing, view))
    ]
    alone = len(groups) == 1 and len(groups[0].names) == 1
    if found or not (alone or view.ignore_missing):
        printer.whole(found, alone=alone)
    return _report(missing, view)


def _fetch(api: Api, group: Group, missing: list[NotFound], view: View) -> list[JSON]:
    """Return a group's list, or each of its objects; add an error for each that is not there."""
    kind, where, names = group
    table, include = view.asks_for_table, view.include
    if not names:
        return [view.answered(api.list_of(kind, where, table=table, include=include))]
    found: list[JSON] = []
    for name in names:
        try:
            namespace = where.namespace or ""
            found.append(
                view.answered(api.get(kind, namespace, name, table=table, include=include))
            )
        except NotFound as error:
            missing.append(error)
    return found


def _say_nothing(groups: Sequence[Group]) -> None:
    inside = groups[0].where.namespace if all(each.kind.namespaced for each in groups) else None
    say(f"No resources found{f' in {inside} namespace.' if inside else ''}")


def _report(missing: Sequence[NotFound], view: View) -> int:
    """Tell of what is not there; return the exit code."""
    if view.ignore_missing:
        return 0
    for error in missing:
        say_error(error)
    return int(bool(missing))
