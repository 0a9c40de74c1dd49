"""`minipod conflicts`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import (
    all_namespaces_option,
    namespace_option,
    offers,
    output_option,
    pass_session,
    verb,
)
from minipod.cli.printing.output import Columns, as_json, say, tell
from minipod.client.kinds import CONFLICTS, PODS, Where

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client import Api

    JSON = dict[str, Any]

_HEADER = ("LAST SEEN", "COUNT", "POD", "PORT", "REFUSED", "HELD BY", "RULE", "MESSAGE")
_OF_EVERY_OBJECT = frozenset({"apiVersion", "kind", "metadata"})


@verb("conflicts", "minipod conflicts", "minipod conflicts web --watch")
@click.argument("pod", required=False, **offers("pods"))
@output_option("json")
@namespace_option
@all_namespaces_option
@click.option("--no-headers", is_flag=True, help="Only the rows of the table.")
@click.option("-w", "--watch", is_flag=True, help="Go on with what comes, until Ctrl+C.")
@pass_session
def conflicts(
    session: Session,
    *,
    pod: str | None,
    output: str | None,
    all_namespaces: bool,
    no_headers: bool,
    watch: bool,
) -> None:
    """List who was refused a port, and who had it.

    The newest is the last. A conflict is kept as long as its pod. -o json has all that is known:
    of both sides the address, the container, the pid and the command line, and the kernel's rule.
    """
    if pod is not None and all_namespaces:
        raise click.UsageError("a pod cannot be given together with --all-namespaces")
    api = session.api()
    where = Where(None if all_namespaces else session.namespace)
    if pod is not None:
        where = _of(api, session.namespace, pod_name(pod))
    listed = api.list_of(CONFLICTS, where)
    found = sorted(listed["items"], key=lambda conflict: str(conflict["time"]))
    table = _Table(everywhere=all_namespaces, headers=not no_headers)
    if watch:
        from minipod.cli.telling.reader import end_with_reader
        from minipod.client.waits.watching import watched

        end_with_reader()
        show = _show_lines if output == "json" else table
        show(found)
        for event in watched(api, CONFLICTS, where, listed["metadata"]["resourceVersion"]):
            if event["type"] != "DELETED":
                show([event["object"]])
    elif output == "json":
        tell(as_json([_bare(conflict) for conflict in found]))
    elif found:
        table(found)
    else:
        inside = f" in {where.namespace} namespace" if where.namespace else ""
        whose = f" for pod {pod_name(pod)}" if pod is not None else ""
        say(f"No conflicts found{whose}{inside}.")


def _of(api: Api, namespace: str, pod: str) -> Where:
    """Return where the conflicts of one pod are. NotFound."""
    api.get(PODS, namespace, pod)
    return Where(namespace, fields=f"pod={pod}")


def _bare(conflict: JSON) -> JSON:
    """Return a conflict without what every object has."""
    return {name: value for name, value in conflict.items() if name not in _OF_EVERY_OBJECT}


def _show_lines(found: list[JSON]) -> None:
    """Print conflicts as JSON, a line each."""
    for conflict in found:
        tell(json.dumps(_bare(conflict), ensure_ascii=False))


class _Table:
    """Prints conflicts below each other."""

    def __init__(self, *, everywhere: bool, headers: bool) -> None:
        self._everywhere = everywhere
        self._header_due = headers
        self._columns = Columns()

    def __call__(self, found: list[JSON]) -> None:
        from minipod.plan.conflict_columns import conflict_columns

        now = time.time()
        lines = [[each["namespace"], *conflict_columns(each, now)] for each in found]
        if lines and self._header_due:
            self._header_due = False
            lines.insert(0, ["NAMESPACE", *_HEADER])
        if lines:
            tell(self._columns.lines(line[not self._everywhere :] for line in lines))
