"""Running a command in a container: the sandbox spawns it with our own stdio, or on a terminal."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client import podview
from minipod.client.sandbox import Sandbox
from minipod.errors import Conflict, MinipodError, StepFailed, Unavailable

if TYPE_CHECKING:
    JSON = dict[str, Any]

NOT_FOUND = 127
NOT_EXECUTABLE = 126
_STDOUT = 1
_STDERR = 2


class CannotRun(StepFailed):
    """The command could not be started; `exit_code` is what a shell would give."""

    def __init__(self, message: str, code: int) -> None:
        MinipodError.__init__(self, message)
        self.exit_code = code  # type: ignore[misc]


class Command(NamedTuple):
    """What to run and where; `stdin`: hand over ours, else /dev/null; `tty`: on a new terminal."""

    container: str
    argv: tuple[str, ...]
    stdin: bool
    tty: bool


def run(root: str, pod: JSON, command: Command) -> int:
    """Run the command to its end and return its exit code, 128 + signal if one ended it.

    Conflict if the container does not run, CannotRun if the command cannot be started.
    """
    try:
        sandbox = Sandbox(root, pod["metadata"]["uid"])
    except Unavailable as error:
        raise _not_running(pod, command.container) from error
    with sandbox:
        if command.container not in sandbox.containers:
            raise _not_running(pod, command.container)
        if command.tty:
            from minipod.client import terminal  # noqa: PLC0415 (needed by few)

            return terminal.run(sandbox, command)
        return _with_stdio(sandbox, command)


def request(command: Command, **more: Any) -> JSON:
    """Return the sandbox's "exec"."""
    return {
        "op": "exec",
        "name": command.container,
        "argv": list(command.argv),
        "tty": command.tty,
        "env": {},
        **more,
    }


def started(command: Command, answer: JSON) -> None:
    """Raise CannotRun, or what else hindered it, unless the answer says that the command runs."""
    if "error" not in answer:
        return
    failure = answer["error"]
    program = f'cannot run "{command.argv[0]}" in container "{command.container}"'
    match failure["errno"]:
        case errno.ENOENT | errno.ENOTDIR if "/" not in command.argv[0]:
            raise CannotRun(f"{program}: executable file not found in $PATH", NOT_FOUND)
        case errno.ENOENT | errno.ENOTDIR:
            raise CannotRun(f"{program}: no such file or directory", NOT_FOUND)
        case 0:
            raise CannotRun(f"{program}: {failure['message']}", 1)
        case number:
            raise CannotRun(f"{program}: {os.strerror(number).lower()}", NOT_EXECUTABLE)


def exit_code(content: JSON) -> int:
    """Return the code of the sandbox's "exit" message."""
    end = content["exit"]
    return 128 + int(end["signal"]) if end["signal"] else int(end["code"])


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
