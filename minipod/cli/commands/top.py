"""`minipod top`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.resources import selections
from minipod.cli.options import (
    all_namespaces_option,
    fields_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.output import Columns, say, tell
from minipod.client.kinds import NODE_METRICS, NODES, POD_METRICS, PODS, Where
from minipod.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.kinds import Kind
    from minipod.client.views.top import Order, Shown

    JSON = dict[str, Any]

_NODE_HEADER = ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]


@verb(
    "top",
    "minipod top pods",
    "minipod top pods web --containers",
    "minipod top pods -A --sort-by=memory --sum",
    "minipod top nodes",
)
@click.argument(
    "resources", nargs=-1, required=True, metavar="pods|nodes [NAME]", **offers("resources")
)
@selector_option
@fields_option
@namespace_option
@all_namespaces_option
@click.option("--containers", is_flag=True, help="Of pods: a row for each container.")
@click.option(
    "--sort-by",
    "order",
    type=click.Choice(["cpu", "memory"]),
    help="Who uses most stands first. [default: by name]",
)
@click.option("--sum", "summed", is_flag=True, help="Of pods: what all use together, at the end.")
@click.option(
    "--show-capacity",
    "of_capacity",
    is_flag=True,
    help="Of nodes: the part of all that they have, not of what pods may use of it.",
)
@click.option(
    "--use-protocol-buffers",
    is_flag=True,
    expose_value=False,
    help="Accepted, and without effect: the server is asked for JSON.",
)
@click.option("--no-headers", is_flag=True, help="Only the rows of the table.")
@pass_session
def top(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    selector: str | None,
    fields: str | None,
    all_namespaces: bool,
    containers: bool,
    order: str | None,
    summed: bool,
    of_capacity: bool,
    no_headers: bool,
) -> None:
    """Show what pods or nodes use of processors and memory, now.

    The processors are the mean since the last look, within a minute; the first look takes a fifth
    of a second. 1000m is one processor. Pods in which nothing runs are left out.
    """
    from minipod.client.views.top import Order, Shown

    kind, name = _one(resources, narrowed=bool(selector or fields), everywhere=all_namespaces)
    where = Where(None if all_namespaces else session.namespace, selector, fields)
    sort_by = Order(order) if order else None
    api = session.api()
    if kind is NODES:
        if containers or summed or all_namespaces:
            raise click.UsageError("--containers, --sum and --all-namespaces are of pods only")
        of = "capacity" if of_capacity else "allocatable"
        _print_nodes(_nodes(api, where, name, sort_by, of=of), headers=not no_headers)
        return
    shown = Shown(all_namespaces, containers, sort_by)
    _top_pods(api, where, name, shown, summed=summed, headers=not no_headers)


def _one(
    resources: tuple[str, ...], *, narrowed: bool, everywhere: bool
) -> tuple[Kind, str | None]:
    """Return the kind, and the name if there is one. UsageError."""
    chosen = selections(resources, (PODS, NODES))
    if len(chosen) > 1 or len(chosen[0].names) > 1:
        raise click.UsageError("give one name, or none")
    kind, names = chosen[0]
    if names and narrowed:
        raise click.UsageError("only one of NAME or selector can be provided")
    if names and everywhere:
        raise click.UsageError("a resource cannot be retrieved by name across all namespaces")
    return kind, names[0] if names else None


def _top_pods(
    api: Api, where: Where, name: str | None, shown: Shown, *, summed: bool, headers: bool
) -> None:
    from minipod.client.views.top import pod_header, pod_rows, sum_rows

    pods = [_of_pod(api, where, name)] if name else api.list_of(POD_METRICS, where)["items"]
    if not pods:
        say(f"No resources found{f' in {where.namespace} namespace.' if where.namespace else ''}")
        return
    header = [pod_header(shown)] if headers else []
    _print([*header, *pod_rows(pods, shown), *(sum_rows(pods, shown) if summed else [])])


def _of_pod(api: Api, where: Where, name: str) -> JSON:
    """Return the metrics of a pod. NotFound; BadRequest if nothing runs in it."""
    found = api.find(POD_METRICS, where.namespace or "", name)
    if found is None:
        api.get(PODS, where.namespace or "", name)
        raise BadRequest(f'metrics not available yet: nothing runs in pod "{name}"')
    return found


def _nodes(
    api: Api, where: Where, name: str | None, order: Order | None, *, of: str
) -> list[list[str]]:
    """Return the rows of nodes, or of one; `of` is what in their status they use a part of."""
    from minipod.client.views.top import node_rows

    listed = api.list_of(NODES, where)["items"]
    available = {one["metadata"]["name"]: one["status"][of] for one in listed}
    if name is not None and name not in available:
        api.get(NODES, "", name)
        raise NotFound(f'nodes "{name}" not found')
    used = api.list_of(NODE_METRICS, where)["items"]
    return [row for row in node_rows(used, available, order) if name in (None, row[0])]


def _print_nodes(rows: list[list[str]], *, headers: bool) -> None:
    if not rows:
        say("No resources found")
        return
    _print([_NODE_HEADER, *rows] if headers else rows)


def _print(rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose last column is padded too, as kubectl's is."""
    tell(Columns().lines([*row, ""] for row in rows))
