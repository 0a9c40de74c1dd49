"""`minipod port-forward`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import namespace_option, offers, pass_session, verb
from minipod.cli.printing.output import say, tell

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "port-forward",
    "minipod port-forward web 8888:8080",
    "minipod port-forward web :http --address 0.0.0.0",
)
@click.argument("pod", **offers("pods"))
@click.argument(
    "ports", nargs=-1, required=True, metavar="[LOCAL:]REMOTE...", **offers("remote_ports")
)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    default=("localhost",),
    metavar="A,…",
    help="Where to listen. [default: localhost, both 127.0.0.1 and ::1]",
)
@namespace_option
@pass_session
def port_forward(
    session: Session, pod: str, ports: tuple[str, ...], addresses: tuple[str, ...]
) -> None:
    """Forward local TCP ports to a pod.

    It ends with Ctrl+C, or when the pod does. REMOTE is a number or the name of a declared port;
    `:REMOTE` takes any free local port. What listens on the pod's 127.0.0.1 only is reached too.
    """
    from minipod.client.ports import listening

    try:
        wanted = [listening.parse(text) for text in ports]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    session.client().get(pod_name(pod)).forward_forever(
        *wanted,
        addresses=addresses,
        on_listening=lambda listener: tell(f"Forwarding from {listener}"),
        on_connection=lambda port: tell(f"Handling connection for {port}"),
        on_failure=lambda port, why: say(f"error forwarding port {port} to pod {pod}: {why}"),
    )
