"""`minipod exec`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import container_option, namespace_option, offers, pass_session, verb
from minipod.cli.printing.output import say

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "exec",
    "minipod exec web -- ip address",
    "minipod exec -it web -c shell -- bash",
)
@click.argument("pod", **offers("pods"))
@click.argument("command", nargs=-1, required=True, metavar="[--] CMD...", **offers("files"))
@click.option("-i", "--stdin", is_flag=True, help="Hand over our stdin.")
@click.option("-t", "--tty", is_flag=True, help="Give CMD a terminal; use it with -i.")
@container_option
@namespace_option
@pass_session
def exec_(
    session: Session,
    *,
    pod: str,
    command: tuple[str, ...],
    stdin: bool,
    tty: bool,
    container: str | None,
) -> int:
    """Run a command in a container, as one of its processes.

    The exit code is the command's: 128 + N if signal N ended it, 127 if it is not there, 126 if it
    cannot be run.
    """
    from minipod.cli.arguments.containers import choose

    found = session.client().get(pod_name(pod))
    name = choose(found, container)
    code = found.call(command, container=name, stdin=stdin, tty=stdin and tty and _has_terminal())
    if code:
        say(f"command terminated with exit code {code}")
    return code


def _has_terminal() -> bool:
    from minipod.cli.telling.attaching import has_terminal

    return has_terminal()
