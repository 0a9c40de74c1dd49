"""`minipod create`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import files_option, namespace_option, pass_session, verb

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("create", "minipod create -f pod.yaml", "minipod create -f examples/ -n lab")
@files_option(required=True)
@click.option(
    "--strict-ports", is_flag=True, help="Refuse a port that two containers of a pod declare."
)
@namespace_option
@pass_session
def create(session: Session, files: tuple[str, ...], *, strict_ports: bool) -> int:
    """Create pods from files.

    The files hold Kubernetes v1 Pods or Lists of them, as YAML or JSON. If anything in them is
    wrong, all of it is told and nothing is created.
    """
    from minipod.cli.creating import print_created, refusing
    from minipod.client.sources import read
    from minipod.model.submission import Action, Submission

    api = session.api()
    sources = read(files)
    wanted = Submission(Action.CREATE, strict_ports=strict_ports)
    failed = False
    with refusing("created"):
        for line in api.submit(sources, session.given_namespace, wanted):
            failed |= not print_created(line)
    return int(failed)
