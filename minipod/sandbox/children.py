"""Children on their way to a program: told apart are "it runs", "it could not" and "it ended"."""

from __future__ import annotations

import os
import socket

from minipod.sandbox import messages
from minipod.sandbox.launch import Launch
from minipod.syscalls import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol

    from minipod.sandbox.loop import Loop
    from minipod.sandbox.protocol import Failure

    Way = Callable[[Launch], NoReturn]

    class Owner(Protocol):
        """Who wants to know of a child."""

        def began(self, child: Child) -> None:
            """Take note that the child runs its program."""

        def warned(self, child: Child, message: str) -> None:
            """Take note of what is less than it should be."""

        def ended(self, child: Child, status: int) -> None:
            """Take note of the end; if `child.failure` is set, the program never ran."""


class Child:
    """A child process and the channel that its program's execve will close.

    `pid` is its number here, `seen_pid` the host's. `terminal` is the master of the terminal that
    it runs on, until somebody takes it; else -1. `unstackable`: the failure is of the root's
    overlay alone, and nothing else was tried.
    """

    __slots__ = (
        "_channel",
        "_loop",
        "_owner",
        "failure",
        "pid",
        "pidfd",
        "running",
        "seen_pid",
        "terminal",
        "unstackable",
    )

    def __init__(
        self, loop: Loop, process: tuple[int, int], channel: socket.socket, owner: Owner
    ) -> None:
        self._loop = loop
        self._channel = channel
        self._owner = owner
        self.pid, self.pidfd = process
        self.seen_pid = processes.seen_from_proc(self.pidfd)
        self.failure: Failure | None = None
        self.unstackable = False
        self.running = False
        self.terminal = -1
        channel.setblocking(False)
        loop.watch(channel.fileno(), self._listen)
        loop.when_ended(self.pid, self._end)

    def _listen(self) -> None:
        while self._channel.fileno() >= 0:
            try:
                received = messages.receive(self._channel)
            except BlockingIOError:
                return
            except OSError:
                received = None
            if received is None:
                self._close_channel()
                if self.failure is None:
                    self.running = True
                    self._owner.began(self)
            else:
                self._hear(*received)

    def _hear(self, message: messages.Message, descriptors: list[int]) -> None:
        if "warning" in message:
            self._owner.warned(self, message["warning"])
        elif "terminal" in message:
            (self.terminal,) = descriptors
        else:
            self.failure = message["error"]
            self.unstackable = message.get("unstackable", False)

    def _close_channel(self) -> None:
        self._loop.forget(self._channel.fileno())
        self._channel.close()

    def _end(self, status: int) -> None:
        self._listen()  # what it said before it died
        if self._channel.fileno() >= 0:
            self._close_channel()
        self._owner.ended(self, status)
        os.close(self.pidfd)
        self.close_terminal()

    def take_terminal(self) -> int:
        """Return the terminal's master, which is the caller's from now on; -1 if there is none."""
        terminal, self.terminal = self.terminal, -1
        return terminal

    def close_terminal(self) -> None:
        """Let the terminal's master go: who has a copy decides when the terminal hangs up."""
        if self.terminal >= 0:
            os.close(self.terminal)
            self.terminal = -1


def spawn(
    loop: Loop,
    owner: Owner,
    cgroup: int,
    namespaces: int,
    launch: Way,
) -> Child:
    """Fork a child into a cgroup and new namespaces, where it goes its way by `launch`. OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = processes.fork(namespaces, cgroup)
        if process[0] == 0:
            launch(Launch(theirs))
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Child(loop, process, ours, owner)
