"""What `create` and `run` print."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from minipod.cli.output import say, say_error, say_hint, tell
from minipod.cli.session import warn
from minipod.client import podview
from minipod.client.statuses import error_from
from minipod.errors import InvalidObject

if TYPE_CHECKING:
    from collections.abc import Iterator


def print_created(line: dict[str, Any]) -> bool:
    """Print one line of what the server did; return False if it is a failure."""
    match line["type"]:
        case "WARNING":
            warn(line["message"])
        case "CREATED":
            tell(f"{podview.reference(line['object'])} created")
            print_hints(line["object"])
        case "ERROR":
            say_error(error_from(line["status"]))
            return False
    return True


def print_hints(pod: dict[str, Any]) -> None:
    """Say what a person must do before the pod's containers can start."""
    if why := podview.unplaced(pod):
        say_hint(f"{podview.reference(pod)} waits: {why}")
    for container, message in podview.waiting(pod, "ImageNotMapped"):
        say_hint(f'container "{container}" of {podview.reference(pod)} waits: {message}')
    for container, message in podview.cannot_start(pod):
        say_hint(f'container "{container}" of {podview.reference(pod)} does not start: {message}')


@contextmanager
def refusing(undone: str) -> Iterator[None]:
    """Print the problems of refused manifests as they are, a line each: file:line:column first.

    `undone` says what was not done with them: created, deleted.
    """
    try:
        yield
    except InvalidObject as error:
        say(str(error))
        raise InvalidObject(f"nothing was {undone}", error.problems, hint=error.hint) from error
