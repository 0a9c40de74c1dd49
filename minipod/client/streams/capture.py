"""Running a command in a container and keeping what it writes, by pipes that it is handed."""

from __future__ import annotations

import os
import select
import time
from contextlib import ExitStack, suppress
from io import FileIO
from typing import TYPE_CHECKING, NamedTuple

from minipod.client.streams.command import exit_code, request, started
from minipod.client.streams.exec import sandbox_of
from minipod.client.values.completed import Completed
from minipod.errors import MinipodError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from minipod.client.streams.command import Command
    from minipod.client.streams.sandbox import Sandbox

    JSON = dict[str, Any]

_PIECE = 1 << 16
_KILLED_WITHIN = 5.0
"""Seconds that a killed program is waited for, should the kernel hold it."""


class Captured(NamedTuple):
    """How a command ended, and what it wrote."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Given(NamedTuple):
    """What a command is given: bytes to read, and variables beside its container's own."""

    stdin: bytes
    env: Mapping[str, str]


def completed(
    root: str, pod: JSON, command: Command, given: Given, timeout: float | None
) -> Completed:
    """Run the command in a container of a pod, and return what it wrote as text.

    Conflict if the container does not run; else as `run`.
    """
    with sandbox_of(root, pod, command.container) as sandbox:
        code, stdout, stderr = run(sandbox, command, given, timeout)
    return Completed(
        code, stdout.decode(errors="backslashreplace"), stderr.decode(errors="backslashreplace")
    )


def run(sandbox: Sandbox, command: Command, given: Given, timeout: float | None) -> Captured:
    """Run the command to its end; what it leaves behind in the background is not waited for.

    CannotRun; TimedOut after so many seconds, when it has been killed with its process group.
    """
    with ExitStack() as stack:
        (stdin, feed), (out, stdout), (err, stderr) = (_pipe(stack) for _ in range(3))
        theirs = (stdin, stdout, stderr)
        asked = request(command, env=dict(given.env))
        seq = sandbox.ask(asked, [end.fileno() for end in theirs])
        for end in theirs:
            end.close()  # the command has its own
        talk = _Talk(sandbox, command, _Ends(feed, out, err), given.stdin)
        if talk.go_on(timeout):
            return talk.result()
        talk.kill(seq)
        program = f'"{command.argv[0]}" in container "{command.container}"'
        raise TimedOut(f"{program} was killed: it ran longer than {timeout:g} s")


class _Ends(NamedTuple):
    """Our ends of the command's stdio."""

    stdin: FileIO
    stdout: FileIO
    stderr: FileIO


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe()
    return stack.enter_context(FileIO(reader, "r")), stack.enter_context(FileIO(writer, "w"))


class _Talk:
    """Feeds the command, reads what it writes, and hears from the sandbox how it ended."""

    def __init__(self, sandbox: Sandbox, command: Command, ends: _Ends, stdin: bytes) -> None:
        self._sandbox = sandbox
        self._command = command
        self._ends = ends
        self._stdin = memoryview(stdin)
        self._stdout: list[bytes] = []
        self._stderr: list[bytes] = []
        self._code: int | None = None
        for end in ends:
            os.set_blocking(end.fileno(), False)
        self._serve: dict[int, Callable[[], None]] = {
            sandbox.fileno(): self._hear,
            ends.stdin.fileno(): self._feed,
            ends.stdout.fileno(): self._reader(ends.stdout, self._stdout),
            ends.stderr.fileno(): self._reader(ends.stderr, self._stderr),
        }
        self._poll = select.poll()
        for descriptor in self._serve:
            self._poll.register(descriptor, select.POLLIN)
        self._poll.modify(ends.stdin, select.POLLOUT)

    def go_on(self, timeout: float | None) -> bool:
        """Go on to the command's end; return False if the time is up before that."""
        until = None if timeout is None else time.monotonic() + timeout
        while self._code is None:
            left = None if until is None else max(0.0, until - time.monotonic()) * 1000
            ready = self._poll.poll(left)
            if not ready:
                return False
            for descriptor, _ in ready:
                self._serve[descriptor]()
        for end, kept in ((self._ends.stdout, self._stdout), (self._ends.stderr, self._stderr)):
            while _read(end, kept):
                pass
        return True

    def kill(self, seq: int) -> None:
        """End the command, and wait until it has ended."""
        with suppress(MinipodError):  # the pod is gone, or its sandbox is of an older version
            self._sandbox.ask({"op": "kill_exec", "exec": seq})
            self.go_on(_KILLED_WITHIN)

    def result(self) -> Captured:
        """Return what came of the command."""
        assert self._code is not None
        return Captured(self._code, b"".join(self._stdout), b"".join(self._stderr))

    def _reader(self, end: FileIO, kept: list[bytes]) -> Callable[[], None]:
        def read() -> None:
            if not _read(end, kept):
                self._poll.unregister(end)

        return read

    def _hear(self) -> None:
        content = self._sandbox.receive().content
        if "exit" in content:
            self._code = exit_code(content)
        elif "seq" in content:
            started(self._command, content)

    def _feed(self) -> None:
        try:
            written = self._ends.stdin.write(self._stdin[:_PIECE]) or 0
        except BrokenPipeError:
            written = len(self._stdin)  # nobody reads the rest
        self._stdin = self._stdin[written:]
        if not self._stdin:
            self._poll.unregister(self._ends.stdin)
            self._ends.stdin.close()


def _read(end: FileIO, kept: list[bytes]) -> bool:
    """Keep what is there; return False when there is nothing, or will be nothing more."""
    piece = end.read(_PIECE)
    if piece:
        kept.append(piece)
    return bool(piece)
