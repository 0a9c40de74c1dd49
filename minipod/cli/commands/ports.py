"""`minipod ports`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

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
    from minipod.client.values.port import Port

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
    client, name = session.client(), None if pod is None else pod_name(pod)

    def look() -> list[Port]:
        return client.ports(name, all_namespaces=all_namespaces)

    if watch:
        from minipod.cli.telling.reader import end_with_reader

        end_with_reader()
        _follow(look, _Table(everywhere=all_namespaces).more if output is None else _lines)
    elif output == "json":
        tell(as_json([port.raw for port in look()]))
    else:
        _show(look(), everywhere=all_namespaces)


def _show(found: list[Port], *, everywhere: bool) -> None:
    if not found:
        say("No ports: nothing listens and nothing is declared.")
        return
    _Table(everywhere=everywhere).more(found)
    notes = [_note(port, everywhere=everywhere) for port in found if port.note]
    if notes:
        tell("\n" + "\n".join(notes))


def _follow(look: Callable[[], list[Port]], show: Callable[[list[Port]], None]) -> None:
    """Show what there is, and for ever what changes. NotFound when the pod is gone."""
    from minipod.client.ports.port_changes import PortChanges
    from minipod.errors import NotFound

    changes = PortChanges()
    show(changes.since(look()))
    while True:
        time.sleep(_PAUSE)
        try:
            found = look()
        except NotFound:
            show(changes.since([]))
            raise
        show(changes.since(found))


class _Table:
    """A table that may get more rows later."""

    def __init__(self, *, everywhere: bool) -> None:
        self._everywhere = everywhere
        self._columns = Columns()
        self._header: list[tuple[str, ...]] = [("NAMESPACE", *_HEADER) if everywhere else _HEADER]

    def more(self, found: list[Port]) -> None:
        """Print a row each, below a header if they are the first."""
        if not found:
            return
        cells = [_cells(port) for port in found]
        shown = cells if self._everywhere else [line[1:] for line in cells]
        tell(self._columns.lines([*self._header, *shown]))
        self._header = []


def _lines(found: list[Port]) -> None:
    import json

    for port in found:
        tell(json.dumps(port.raw, sort_keys=True, ensure_ascii=False))


def _cells(port: Port) -> list[object]:
    return [
        port.namespace,
        port.pod,
        port.container,
        port.protocol,
        port.address,
        port.port,
        ", ".join(_STATES.get(mark, mark.lower()) for mark in port.marks),
        port.pid,
        _shortened(port.command),
    ]


def _note(port: Port, *, everywhere: bool) -> str:
    """Return a port's note, below the table: kubia/web 127.0.0.1:8080/tcp: It listens on …."""
    address = port.address
    host = "" if address is None else f"[{address}]:" if ":" in address else f"{address}:"
    names = [port.pod, *filter(None, [port.container])]
    place = "/".join([port.namespace, *names] if everywhere else names)
    return f"{place} {host}{port.port}/{port.protocol.lower()}: {port.note}"


def _shortened(command: str | None) -> str | None:
    """Return a command line that leaves the table a table; -o json has it whole."""
    if command is None or len(command) <= _LONGEST_COMMAND:
        return command
    return command[: _LONGEST_COMMAND - 1] + "…"
