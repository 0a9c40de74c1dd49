"""A command for a container: what a sandbox is asked, and what its answers mean."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import MinipodError, StepFailed

if TYPE_CHECKING:
    JSON = dict[str, Any]

NOT_FOUND = 127
NOT_EXECUTABLE = 126


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
