"""Our terminal beside a container's, and what is said at its ends, in kubectl's words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from minipod.cli.printing.output import say, say_error_line

if TYPE_CHECKING:
    from minipod.client import Api

    JSON = dict[str, Any]


def wants_terminal(pod: JSON, container: str, *, stdin: bool, tty: bool, quiet: bool) -> bool:
    """Return whether a terminal is asked for, and both ends have one; say which has none."""
    if not (stdin and tty):
        return False
    of_it = next(one for one in pod["spec"]["containers"] if one["name"] == container)
    if not of_it.get("tty"):
        if not quiet:
            say_error_line(f"Unable to use a TTY - container {container} did not allocate one")
        return False
    return has_terminal(quiet=quiet)


def has_terminal(*, quiet: bool = False) -> bool:
    """Return whether our stdin is a terminal; say so if it is not."""
    if os.isatty(0):
        return True
    if not quiet:
        say("Unable to use a TTY - input is not a terminal or the right kind of file")
    return False


def say_prompt() -> None:
    """Say what to do if the program wrote its prompt before we came."""
    say("If you don't see a command prompt, try pressing enter.")


def say_resume(pod: JSON, container: str) -> None:
    """Say how to come back, if the container starts again."""
    if pod["spec"].get("restartPolicy", "Always") == "Always":
        name = pod["metadata"]["name"]
        say(
            f"Session ended, resume using 'minipod attach {name} -c {container} -i -t'"
            " command when the pod is running"
        )


def begun(api: Api, pod: JSON, container: str, patience: float) -> JSON:
    """Return a pod once a container of it was started; on a terminal, say what is waited for."""
    from minipod.cli.telling.progress import Waiting
    from minipod.client.waits import completion

    with Waiting(lambda: f"waiting for pod/{pod['metadata']['name']} to run"):
        return completion.begun(api, pod, container, patience)
