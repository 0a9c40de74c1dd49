"""`minipod expose-port`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import namespace_option, offers, pass_session, verb
from minipod.cli.printing.output import tell

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "expose-port",
    "minipod expose-port web 8080:80",
    "minipod expose-port web 127.0.0.1:5353:53/udp",
    "minipod expose-port web 8080:80 --remove",
)
@click.argument("pod", **offers("pods"))
@click.argument(
    "ports", nargs=-1, required=True, metavar="[IP:]HOST:POD[/udp]...", **offers("exposed_ports")
)
@click.option("--remove", is_flag=True, help="Close them again.")
@namespace_option
@pass_session
def expose_port(session: Session, pod: str, ports: tuple[str, ...], *, remove: bool) -> None:
    """Lead ports of this machine to a pod that runs.

    As a hostPort of its manifest does: until the pod ends, on all addresses of the machine or on
    one. A port that another pod or a program has is refused, with who has it.
    """
    client, name = session.client(), pod_name(pod)
    change = client.unexpose if remove else client.expose
    done = "closed" if remove else "exposed"
    for ip, host_port, container_port, protocol in change(name, *ports):
        tell(f"pod/{name} {done}: {ip}:{host_port} -> {container_port}/{protocol}")
