"""A command for a container: what a sandbox is asked, and what its answers mean."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import CannotRun
from minipod.sandbox import protocol
from minipod.sandbox.protocol import exit_code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    JSON = dict[str, Any]


class Command(NamedTuple):
    """What to run and where; `stdin`: hand over ours, else /dev/null; `tty`: on a new terminal."""

    container: str
    argv: tuple[str, ...]
    stdin: bool
    tty: bool


def words(argv: Sequence[str]) -> tuple[str, ...]:
    """Return a command's words. TypeError if it is one text, ValueError if it is empty."""
    if isinstance(argv, str):
        raise TypeError('a command is a list of words: ["sh", "-c", "…"] for a shell\'s text')
    if not argv:
        raise ValueError("a command has at least one word")
    return tuple(argv)


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
    match exit_code_of(failure):
        case protocol.NOT_FOUND if "/" not in command.argv[0]:
            words, code = "executable file not found in $PATH", protocol.NOT_FOUND
        case protocol.NOT_FOUND:
            words, code = "no such file or directory", protocol.NOT_FOUND
        case protocol.NOT_EXECUTABLE:
            words, code = os.strerror(failure["errno"]).lower(), protocol.NOT_EXECUTABLE
        case code:
            words = f"cannot {failure['step']}: {failure['message']}"
    raise CannotRun(f"{program}: {words}", code)


def exit_code(content: JSON) -> int:
    """Return the code of the sandbox's "exit" message."""
    end = content["exit"]
    return 128 + int(end["signal"]) if end["signal"] else int(end["code"])
