"""`minipod purge`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from minipod.cli.options import pass_session, verb
from minipod.cli.printing.output import say, tell
from minipod.cli.session import require_root
from minipod.cli.telling.progress import Waiting
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("purge", "minipod purge", "minipod --root /tmp/lab purge --yes")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def purge(session: Session, *, yes: bool) -> None:
    """Remove every pod, and all that minipod made for this root.

    That is: pods, their files and logs, nodes, the fabric, links, routes and firewall rules of the
    host, image mappings. Nothing of other roots, and nothing that is not minipod's.
    """
    from minipod.client.server import start

    require_root()
    if not start.was_used(session.root) and not start.left_on_host(session.root):
        tell(f"nothing to purge: {session.root} was never used")
        return
    client = session.client()
    if not yes:
        _ask(session.root, len(client.pods(all_namespaces=True)))
    with Waiting(lambda: f"removing all of {session.root}"):
        client.purge()
    tell(f"purged {session.root}")


def _ask(root: str, pods: int) -> None:
    """Ask whether all that is to go; BadRequest unless the answer is yes."""
    what = "1 pod" if pods == 1 else f"{pods} pods"
    click.echo(f"Remove {what} and everything else of {root}? [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        say("")
    if answer.strip().lower() not in ("y", "yes"):
        raise BadRequest("nothing was removed", hint="answer y, or give --yes")
