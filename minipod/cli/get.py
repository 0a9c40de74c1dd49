"""`minipod get`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import (
    all_namespaces_option,
    namespace_option,
    output_option,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.output import say, say_error, structured, table, tell
from minipod.cli.resources import pod_names
from minipod.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.cli.session import Session
    from minipod.errors import MinipodError

    JSON = dict[str, Any]


@verb("get", "minipod get pods -o wide", "minipod get pod web -o yaml", "minipod get pods -A")
@click.argument("resources", nargs=-1, required=True, metavar="pods [NAME]...")
@output_option("wide", "yaml", "json", "name")
@selector_option
@namespace_option
@all_namespaces_option
@click.option("--no-headers", is_flag=True, help="Only the rows of a table.")
@pass_session
def get(
    session: Session,
    *,
    resources: tuple[str, ...],
    output: str | None,
    selector: str | None,
    all_namespaces: bool,
    no_headers: bool,
) -> int:
    """Show pods, as a table, YAML or JSON.

    Name the kind (pods, pod, po) and, if not all of them, the pods; or pod/NAME.
    """
    names = pod_names(resources)
    if names and (selector is not None or all_namespaces):
        raise click.UsageError("names cannot be given together with --selector or --all-namespaces")
    client = session.client()
    namespace = None if all_namespaces else session.namespace
    as_table = output in (None, "wide")
    if names:
        one = client.pod_table if as_table else client.pod
        found, errors = _each(names, lambda name: one(session.namespace, name))
    else:
        every = client.pods_table if as_table else client.pods
        found, errors = [every(namespace, selector)], []
    if as_table:
        shown = _table(found, wide=output == "wide", everywhere=all_namespaces, bare=no_headers)
        if shown:
            tell(shown)
        elif not names:
            say(f"No resources found{f' in {namespace} namespace.' if namespace else ''}")
    elif names:
        _print_objects(found, output, alone=len(names) == 1)
    else:
        _print_objects([_whole(item) for item in found[0]["items"]], output, alone=False)
    for error in errors:
        say_error(error)
    return int(bool(errors))


def _each(names: list[str], fetch: Callable[[str], JSON]) -> tuple[list[JSON], list[MinipodError]]:
    """Fetch all, those after a failure too."""
    found: list[JSON] = []
    errors: list[MinipodError] = []
    for name in names:
        try:
            found.append(fetch(name))
        except NotFound as error:
            errors.append(error)
    return found, errors


def _table(tables: list[JSON], *, wide: bool, everywhere: bool, bare: bool) -> str:
    """Return the rows of all tables as one, nothing if there are none."""
    rows = [row for one in tables for row in one["rows"]]
    if not rows:
        return ""
    columns = tables[0]["columnDefinitions"]
    shown = [n for n, column in enumerate(columns) if wide or not column["priority"]]
    header = [columns[n]["name"].upper() for n in shown]
    cells = [[row["cells"][n] for n in shown] for row in rows]
    if everywhere:
        header.insert(0, "NAMESPACE")
        for line, row in zip(cells, rows, strict=True):
            line.insert(0, row["object"]["metadata"]["namespace"])
    return table(header, cells, headers=not bare)


def _print_objects(objects: list[JSON], output: str | None, *, alone: bool) -> None:
    if output == "name":
        for one in objects:
            tell(f"{one['kind'].lower()}/{one['metadata']['name']}")
    elif alone:
        for one in objects:
            tell(structured(one, output))
    else:
        metadata = {"resourceVersion": ""}
        listed = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": metadata}
        tell(structured(listed, output))


def _whole(item: JSON) -> JSON:
    """Return an item of a PodList with what Kubernetes leaves out there."""
    return {"apiVersion": "v1", "kind": "Pod", **item}
