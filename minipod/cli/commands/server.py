"""`minipod server`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import Group, epilog, output_option, pass_session, verb
from minipod.cli.printing.output import as_json, tell
from minipod.cli.session import require_root
from minipod.errors import Conflict, HostError, NotFound, Unavailable

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client import Api


@click.group("server", cls=Group, epilog=epilog("minipod server status", "minipod server stop"))
def server() -> None:
    """Run, start, stop or look at the server.

    Any other command starts it when it does not run, so this is seldom needed.
    """


@verb("run", "minipod server run")
@pass_session
def _run(session: Session) -> None:
    """Run the server in the foreground, its log on stderr. Ctrl+C ends it; pods run on."""
    from minipod.client.server import start

    if not start.has_socket() and session.api(start=False).answers():
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
    """Show the server's pid, socket, root, version and service; exit 1 if it does not run."""
    from minipod.client.server import service

    api = session.api(start=False)
    if not _runs(api):
        raise Unavailable(
            f"the server of {session.root} is not running",
            hint="minipod server start, or any other command, starts it",
        )
    facts = api.own.info()
    shown = {name: facts[name] for name in ("pid", "socket", "root", "version")}
    shown["service"] = service.installed(api.root) if service.active(api.root) else None
    if output == "json":
        tell(as_json(shown))
    else:
        for name, value in shown.items():
            tell(f"{name + ':':<9}{value or '<none>'}")


@verb("stop", "minipod server stop")
@pass_session
def _stop(session: Session) -> None:
    """Stop the server. Pods run on; the next command starts it again."""
    from minipod.client.server import stop

    api = session.api(start=False)
    if _runs(api) and stop.stop(api):
        tell("server stopped")
    else:
        tell("server is not running")


@verb("logs", "minipod server logs -f --tail 20")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines.")
@pass_session
def _logs(session: Session, *, follow: bool, tail: int | None) -> None:
    """Print what the server has logged: its file, or the service's journal."""
    import os

    from minipod.client.server import service, start

    require_root()
    path = os.path.join(session.root, start.LOG)
    name = service.installed(session.root)
    if name is not None:
        command = service.journal_command(name, follow=follow, tail=tail)
    elif os.path.exists(path):
        command = service.file_command(path, follow=follow, tail=tail)
    else:
        raise NotFound(f"there is no {path}: no server has run in the background here")
    try:
        os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        raise HostError(f"cannot run {command[0]}: {error.strerror}") from error


@verb("install-service", "minipod server install-service")
@click.option("--dry-run", is_flag=True, help="Only print the units.")
@pass_session
def _install(session: Session, *, dry_run: bool) -> None:
    """Have systemd run the server: now, and at every boot.

    Pods then come back after a reboot without anybody's doing. A server that runs by hand is
    replaced, and its pods run on. Another root gets another service.
    """
    from minipod.client.server import service, stop
    from minipod.client.server.start import make_root

    require_root()
    if dry_run:
        units = service.rendered(session.root)
        for name, text in ((units.service, units.service_text), (units.socket, units.socket_text)):
            tell(f"# {service.FOLDER / name}\n{text}")
        return
    make_root(session.root)
    api = session.api(start=False)
    changed = service.install(api.root, lambda: stop.stop(api))
    tell(f"service {service.installed(api.root)} {'installed' if changed else 'unchanged'}")


@verb("uninstall-service", "minipod server uninstall-service")
@pass_session
def _uninstall(session: Session) -> None:
    """Stop the service and remove it. Pods run on; the next command starts a server again."""
    from minipod.client.server import service

    require_root()
    name = service.uninstall(session.root)
    tell(f"service {name} uninstalled" if name else "there is no service")


def _runs(api: Api) -> bool:
    """Return whether a server runs; where systemd listens for it, to ask it would start it."""
    from minipod.client.server import service

    return service.active(api.root) if service.installed(api.root) else api.answers()


for _command in (_run, _start, _status, _stop, _logs, _install, _uninstall):
    server.add_command(_command)
