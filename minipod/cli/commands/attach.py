"""`minipod attach`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import (
    container_option,
    namespace_option,
    offers,
    pass_session,
    pod_running_option,
    verb,
)

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("attach", "minipod attach web", "minipod attach -it shell -c main")
@click.argument("pod", **offers("pods"))
@click.option("-i", "--stdin", is_flag=True, help="Hand over our stdin.")
@click.option("-t", "--tty", is_flag=True, help="Our terminal is the container's; use it with -i.")
@click.option("-q", "--quiet", is_flag=True, help="Only what the container writes.")
@pod_running_option
@container_option
@namespace_option
@pass_session
def attach(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    pod: str,
    stdin: bool,
    tty: bool,
    quiet: bool,
    pod_running_timeout: float,
    container: str | None,
) -> None:
    """See what a container writes from now on, and write to its stdin.

    A pod that has not begun is waited for.
    It returns when this run of the container ends. Ctrl+C, or the end of our stdin, leaves the
    container running; with -t Ctrl+C is a key like any other.
    """
    from minipod.cli.arguments.containers import choose
    from minipod.cli.telling.attaching import begun, say_prompt, say_resume, wants_terminal
    from minipod.client.pod import Pod

    client = session.client()
    found = client.get(pod_name(pod))
    name = choose(found, container)
    terminal = wants_terminal(found.raw, name, stdin=stdin, tty=tty, quiet=quiet)
    found = Pod(client, begun(client.api, found.raw, name, pod_running_timeout))
    if terminal and not quiet:
        say_prompt()
    found.attach(container=name, stdin=stdin, tty=terminal)
    if terminal and not quiet:
        say_resume(found.raw, name)
