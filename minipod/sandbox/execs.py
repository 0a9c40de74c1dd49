"""Further programs in a container that runs: `exec`."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from minipod.sandbox import children
from minipod.sandbox.failures import Refused, refusal
from minipod.sandbox.launch import Program
from minipod.syscalls import namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from minipod.sandbox.children import Child
    from minipod.sandbox.containers import Container
    from minipod.sandbox.context import Context
    from minipod.sandbox.launch import Launch
    from minipod.sandbox.peers import Request

_BY_SIGNAL = 128
_STDIO = 3


class Execs:
    """The programs that peers have run, each with the request that it answers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._requests: dict[Child, Request] = {}

    def start(self, request: Request, container: Container) -> None:
        """Run a program in the container as its processes are run. Refused."""
        ask = request.content
        stdio = _stdio(request)
        env = {**container.spec["env"], **ask.get("env", {})}
        program = Program(ask["argv"], env, container.spec["cwd"])
        size = (ask["size"][0], ask["size"][1]) if ask.get("size") else None
        target = _child_of(container).pidfd

        def launch(way: Launch) -> NoReturn:
            way.exec(target, program, stdio, size)

        try:
            child = self._spawn(container, launch)
        except OSError as error:
            raise refusal("start a process in the container", error) from error
        self._requests[child] = request

    def _spawn(self, container: Container, launch: children.Way) -> Child:
        # The next child is born into the container's PID namespace; this process stays in its own.
        namespaces.setns(_child_of(container).pidfd, namespaces.NEWPID)
        try:
            return children.spawn(self._context.loop, self, container.group, 0, launch)
        finally:
            namespaces.setns(self._own_pids, namespaces.NEWPID)

    def hang_up(self, peer: object) -> None:
        """Send SIGHUP to what a peer has run, for it has gone."""
        for child, request in self._requests.items():
            if request.peer is peer and child.running:
                _signal(child, signal.SIGHUP)

    def kill(self, peer: object, seq: int) -> None:
        """Send SIGKILL to what a peer's request runs, with its process group."""
        for child, request in self._requests.items():
            if request.peer is peer and request.content["seq"] == seq and child.running:
                _signal(child, signal.SIGKILL)

    def began(self, child: Child) -> None:
        """Tell the peer, and hand over the terminal."""
        request = self._requests[child]
        terminal = [child.terminal] if child.terminal >= 0 else []
        request.answer({"pid": child.seen_pid}, terminal)
        child.close_terminal()
        if request.peer.gone:
            _signal(child, signal.SIGHUP)

    def warned(self, child: Child, message: str) -> None:
        """Take no note: an exec sets up nothing that could be less than it should."""

    def ended(self, child: Child, status: int) -> None:
        """Tell the peer how its program ended, or why it never ran."""
        request = self._requests.pop(child)
        if child.failure is not None:
            request.refuse(child.failure)
            return
        code = os.waitstatus_to_exitcode(status)
        number = max(0, -code)
        request.finish(
            {"exit": {"code": _BY_SIGNAL + number if number else code, "signal": number}}
        )


def _signal(child: Child, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _child_of(container: Container) -> Child:
    assert container.child is not None
    return container.child


def _stdio(request: Request) -> tuple[int, int, int] | None:
    if request.content.get("tty"):
        return None
    if len(request.descriptors) != _STDIO:
        raise Refused("start a process in the container", "stdin, stdout and stderr are missing")
    stdin, stdout, stderr = request.descriptors
    return stdin, stdout, stderr
