"""`minipod ports`."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.cli.session import Session

    JSON = dict[str, Any]

_LONGEST_COMMAND = 60
_HEADER = ("POD", "CONTAINER", "PROTOCOL", "ADDRESS", "PORT", "STATE", "PID", "COMMAND")
_STATES = {"LoopbackOnly": "loopback only", "TimeWait": "TIME_WAIT"}
_PAUSE = 1.0
"""Seconds between two looks: the kernel tells nobody that a port is taken or let go."""


@verb("ports", "minipod ports", "minipod ports web -o json", "minipod ports -w")
@click.argument("pod", required=False, **offers("pods"))
@output_option("json")
@namespace_option
@all_namespaces_option
@click.option("-w", "--watch", is_flag=True, help="Go on with what changes, until Ctrl+C.")
@pass_session
def ports(
    session: Session, pod: str | None, output: str | None, *, all_namespaces: bool, watch: bool
) -> None:
    """Show which ports pods listen on, and which process holds each.

    Declared ports on which nothing listens are shown too, without a process. STATE says whether a
    port is declared, undeclared or silent, and what is wrong with it: taken by another container,
    held in TIME_WAIT, reached on the loopback only, shared by several sockets. Below the table
    stands what to do; with -o json it is the field "note".
    """
    if pod is not None and all_namespaces:
        raise click.UsageError("a pod cannot be given together with --all-namespaces")
    api = session.api()

    def look() -> list[JSON]:
        if pod is not None:
            return api.ports_of(session.namespace, pod_name(pod))
        return api.ports(None if all_namespaces else session.namespace)

    if watch:
        from minipod.cli.telling.reader import end_with_reader

        end_with_reader()
        _follow(look, _Table(everywhere=all_namespaces).more if output is None else _lines)
    elif output == "json":
        tell(as_json(look()))
    else:
        _show(look(), everywhere=all_namespaces)


def _show(rows: list[JSON], *, everywhere: bool) -> None:
    if not rows:
        say("No ports: nothing listens and nothing is declared.")
        return
    _Table(everywhere=everywhere).more(rows)
    notes = [_note(row, everywhere=everywhere) for row in rows if row["note"]]
    if notes:
        tell("\n" + "\n".join(notes))


def _follow(look: Callable[[], list[JSON]], show: Callable[[list[JSON]], None]) -> None:
    """Show what there is, and for ever what changes. NotFound when the pod is gone."""
    from minipod.client.ports.port_changes import PortChanges
    from minipod.errors import NotFound

    changes = PortChanges()
    show(changes.since(look()))
    while True:
        time.sleep(_PAUSE)
        try:
            rows = look()
        except NotFound:
            show(changes.since([]))
            raise
        show(changes.since(rows))


class _Table:
    """A table that may get more rows later."""

    def __init__(self, *, everywhere: bool) -> None:
        self._everywhere = everywhere
        self._columns = Columns()
        self._header: list[tuple[str, ...]] = [("NAMESPACE", *_HEADER) if everywhere else _HEADER]

    def more(self, rows: list[JSON]) -> None:
        """Print rows, below a header if they are the first."""
        if not rows:
            return
        cells = [_cells(row) for row in rows]
        shown = cells if self._everywhere else [line[1:] for line in cells]
        tell(self._columns.lines([*self._header, *shown]))
        self._header = []


def _lines(rows: list[JSON]) -> None:
    import json

    for row in rows:
        tell(json.dumps(row, sort_keys=True, ensure_ascii=False))


def _cells(row: JSON) -> list[object]:
    return [
        row["namespace"],
        row["pod"],
        row["container"],
        row["protocol"],
        row["address"],
        row["port"],
        ", ".join(_STATES.get(mark, mark.lower()) for mark in row["marks"]),
        row["pid"],
        _shortened(row["command"]),
    ]


def _note(row: JSON, *, everywhere: bool) -> str:
    """Return a row's note, below the table: kubia/web 127.0.0.1:8080/tcp: It listens on …."""
    address = row["address"]
    host = "" if address is None else f"[{address}]:" if ":" in address else f"{address}:"
    names = [row["pod"], *filter(None, [row["container"]])]
    place = "/".join([row["namespace"], *names] if everywhere else names)
    return f"{place} {host}{row['port']}/{row['protocol'].lower()}: {row['note']}"


def _shortened(command: str | None) -> str | None:
    """Return a command line that leaves the table a table; -o json has it whole."""
    if command is None or len(command) <= _LONGEST_COMMAND:
        return command
    return command[: _LONGEST_COMMAND - 1] + "…"
