"""`minipod ports`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import (
    all_namespaces_option,
    namespace_option,
    output_option,
    pass_session,
    verb,
)
from minipod.cli.output import as_json, say, table, tell
from minipod.cli.resources import pod_name

if TYPE_CHECKING:
    from minipod.cli.session import Session

_LONGEST_COMMAND = 60
_HEADER = ("POD", "CONTAINER", "PROTOCOL", "ADDRESS", "PORT", "DECLARED", "PID", "COMMAND")


@verb("ports", "minipod ports", "minipod ports web -o json")
@click.argument("pod", required=False)
@output_option("json")
@namespace_option
@all_namespaces_option
@pass_session
def ports(session: Session, pod: str | None, output: str | None, *, all_namespaces: bool) -> None:
    """Show which ports pods listen on, and which process holds each.

    Declared ports on which nothing listens are shown too, without a process.
    """
    if pod is not None and all_namespaces:
        raise click.UsageError("a pod cannot be given together with --all-namespaces")
    client = session.client()
    if pod is not None:
        rows = client.ports_of(session.namespace, pod_name(pod))
    else:
        rows = client.ports(None if all_namespaces else session.namespace)
    if output == "json":
        tell(as_json(rows))
    elif rows:
        _print(rows, everywhere=all_namespaces)
    else:
        say("No ports: nothing listens and nothing is declared.")


def _print(rows: list[dict[str, Any]], *, everywhere: bool) -> None:
    header = ("NAMESPACE", *_HEADER) if everywhere else _HEADER
    cells = [_cells(row) for row in rows]
    tell(table(header, cells if everywhere else [line[1:] for line in cells]))


def _cells(row: dict[str, Any]) -> list[object]:
    return [
        row["namespace"],
        row["pod"],
        row["container"],
        row["protocol"],
        row["address"],
        row["port"],
        "yes" if row["declared"] else "no",
        row["pid"],
        _shortened(row["command"]),
    ]


def _shortened(command: str | None) -> str | None:
    """Return a command line that leaves the table a table; -o json has it whole."""
    if command is None or len(command) <= _LONGEST_COMMAND:
        return command
    return command[: _LONGEST_COMMAND - 1] + "…"
