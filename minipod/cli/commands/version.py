"""`minipod version`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod import __version__
from minipod.cli.options import output_option, pass_session, verb
from minipod.cli.printing.output import structured, tell

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("version", "minipod version", "minipod version --client -o json")
@click.option("--client", "client_only", is_flag=True, help="Do not ask the server.")
@output_option("json", "yaml")
@pass_session
def version(session: Session, *, client_only: bool, output: str | None) -> None:
    """Print the versions of client and server.

    The server is not started for this.
    """
    if client_only:
        _print({"clientVersion": {"version": __version__}}, output)
        return
    api = session.api(start=False)
    answers = api.answers()
    _print(
        {
            "clientVersion": {"version": __version__},
            "serverVersion": {"version": api.own.info()["version"]} if answers else None,
            "kubernetesVersion": api.own.version() if answers else None,
        },
        output,
    )


def _print(versions: dict[str, Any], output: str | None) -> None:
    if output is not None:
        tell(structured(versions, output))
        return
    tell(f"Client Version: {versions['clientVersion']['version']}")
    if "serverVersion" not in versions:
        return
    if versions["serverVersion"] is None:
        tell("Server Version: not running")
        return
    tell(f"Server Version: {versions['serverVersion']['version']}")
    tell(f"Kubernetes API: {versions['kubernetesVersion']['gitVersion']}")
