"""`minipod server`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import Group, epilog, output_option, pass_session, verb
from minipod.cli.output import as_json, tell
from minipod.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from minipod.cli.session import Session


@click.group("server", cls=Group, epilog=epilog("minipod server status", "minipod server stop"))
def server() -> None:
    """Run, start, stop or look at the server.

    Any other command starts it when it does not run, so this is seldom needed.
    """


@verb("run", "minipod server run")
@pass_session
def _run(session: Session) -> None:
    """Run the server in the foreground, its log on stderr. Ctrl+C ends it; pods run on."""
    from minipod.client import start

    if session.api(start=False).answers():
        raise Conflict(f"the server of {session.root} runs already")
    start.run_in_foreground(session.root, session.cluster_cidr)


@verb("start", "minipod server start --cluster-cidr 10.250.0.0/16")
@pass_session
def _start(session: Session) -> None:
    """Start the server if it does not run."""
    api = session.api()
    already = api.answers()
    pid = api.own.info()["pid"]
    tell(f"server {'is already running' if already else 'started'}: pid {pid}")


@verb("status", "minipod server status -o json")
@output_option("json")
@pass_session
def _status(session: Session, output: str | None) -> None:
    """Show the server's pid, socket, root and version; exit 1 if it does not run."""
    api = session.api(start=False)
    if not api.answers():
        raise Unavailable(
            f"the server of {session.root} is not running",
            hint="minipod server start, or any other command, starts it",
        )
    facts = api.own.info()
    shown = {name: facts[name] for name in ("pid", "socket", "root", "version")}
    if output == "json":
        tell(as_json(shown))
    else:
        for name, value in shown.items():
            tell(f"{name + ':':<9}{value}")


@verb("stop", "minipod server stop")
@pass_session
def _stop(session: Session) -> None:
    """Stop the server. Pods run on; the next command starts it again."""
    from minipod.client import stop

    api = session.api(start=False)
    if stop.stop(api):
        tell("server stopped")
    else:
        tell("server is not running")


for _command in (_run, _start, _status, _stop):
    server.add_command(_command)
