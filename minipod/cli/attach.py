"""`minipod attach`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import container_option, namespace_option, offers, pass_session, verb
from minipod.cli.output import say
from minipod.cli.resources import pod_name

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client.attach import Wanted

    JSON = dict[str, Any]

PROMPT = "If you don't see a command prompt, try pressing enter."
_NO_TERMINAL = "Unable to use a TTY - input is not a terminal or the right kind of file"


@verb("attach", "minipod attach web", "minipod attach -it shell -c main")
@click.argument("pod", **offers("pods"))
@click.option("-i", "--stdin", is_flag=True, help="Hand over our stdin.")
@click.option("-t", "--tty", is_flag=True, help="Our terminal is the container's; use it with -i.")
@click.option("-q", "--quiet", is_flag=True, help="Only what the container writes.")
@container_option
@namespace_option
@pass_session
def attach(
    session: Session, *, pod: str, stdin: bool, tty: bool, quiet: bool, container: str | None
) -> None:
    """See what a container writes from now on, and write to its stdin.

    It returns when this run of the container ends. Ctrl+C, or the end of our stdin, leaves the
    container running; with -t Ctrl+C is a key like any other.
    """
    from minipod.cli.containers import choose
    from minipod.client import attach as attaching
    from minipod.errors import Conflict

    found = session.api().pod(session.namespace, pod_name(pod))
    name = choose(found, container)
    wanted = attaching.Wanted(name, stdin, wants_terminal(found, name, stdin=stdin, tty=tty))
    if wanted.terminal and not quiet:
        say(PROMPT)
    attached = attaching.attach(session.root, found, wanted)
    if attached is None:
        raise Conflict(f'container "{name}" is not running')
    with attached:
        attached.run()
    if wanted.terminal and not quiet:
        say_resume(found, wanted)


def wants_terminal(pod: JSON, container: str, *, stdin: bool, tty: bool) -> bool:
    """Return whether both ends are terminals; if only one is, say so as kubectl does."""
    if not (stdin and tty):
        return False
    of_it = next(one for one in pod["spec"]["containers"] if one["name"] == container)
    if not of_it.get("tty"):
        say(f"Unable to use a TTY - container {container} did not allocate one")
        return False
    if not os.isatty(0):
        say(_NO_TERMINAL)
        return False
    return True


def say_resume(pod: JSON, wanted: Wanted) -> None:
    """Say how to come back, if the container starts again."""
    if pod["spec"].get("restartPolicy", "Always") == "Always":
        name = pod["metadata"]["name"]
        say(
            f"Session ended, resume using 'minipod attach {name} -c {wanted.container} -i -t'"
            " command when the pod is running"
        )
