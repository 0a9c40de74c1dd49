"""Running a command in a container: the sandbox spawns it with our own stdio, or on a terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from minipod.client.streams.command import exit_code, request, started
from minipod.client.streams.sandbox import Sandbox
from minipod.client.views import podview
from minipod.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from minipod.client.streams.command import Command

    JSON = dict[str, Any]

_STDOUT = 1
_STDERR = 2


def run(root: str, pod: JSON, command: Command) -> int:
    """Run the command to its end and return its exit code, 128 + signal if one ended it.

    Conflict if the container does not run, CannotRun if the command cannot be started.
    """
    with sandbox_of(root, pod, command.container) as sandbox:
        if command.tty:
            from minipod.client.streams import terminal  # noqa: PLC0415 (needed by few)

            return terminal.run(sandbox, command)
        return _with_stdio(sandbox, command)


def sandbox_of(root: str, pod: JSON, container: str) -> Sandbox:
    """Return a connection to the sandbox of a container that runs, else raise Conflict."""
    try:
        sandbox = Sandbox(root, pod["metadata"]["uid"])
    except Unavailable as error:
        raise _not_running(pod, container) from error
    if container not in sandbox.containers:
        sandbox.close()
        raise _not_running(pod, container)
    return sandbox


def _with_stdio(sandbox: Sandbox, command: Command) -> int:
    if command.stdin:
        sandbox.ask(request(command), (0, _STDOUT, _STDERR))
    else:
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        sandbox.ask(request(command), (nothing, _STDOUT, _STDERR))
        os.close(nothing)
    while True:
        content = sandbox.receive().content
        if "exit" in content:
            return exit_code(content)
        if "seq" in content:
            started(command, content)


def _not_running(pod: JSON, container: str) -> Conflict:
    why = podview.why_not_running(pod, container)
    return Conflict(f'container "{container}" of pod "{podview.key(pod)[1]}" is not running: {why}')
