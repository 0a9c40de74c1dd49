"""The asyncio end of what `minipod.sandbox.protocol` describes: for the engine.

Zygote               forks sandboxes
SandboxConnection    talks with one, as its server or as a client
read_journal         what happened in a pod, whether anybody listened or not
append_to_journal    what happened to a pod that has no sandbox any more
"""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from minipod.errors import HostError, Unavailable
from minipod.sandbox import messages
from minipod.sandbox.channel import Channel, connected, gone
from minipod.sandbox.journal import append as append_to_journal
from minipod.sandbox.journal import read_journal
from minipod.sandbox.protocol import SOCKET, VERSION, ZYGOTE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from minipod.sandbox.messages import Message
    from minipod.sandbox.protocol import SandboxSpec

_PATIENCE = 10.0
"""Seconds in which a sandbox must greet: one that does not was stopped, or has lost its mind."""

__all__ = [
    "Exec",
    "SandboxConnection",
    "Sandboxed",
    "Zygote",
    "append_to_journal",
    "read_journal",
]


@dataclass(frozen=True, slots=True)
class Sandboxed:
    """A sandbox that was just born.

    The descriptors of its network namespace and of itself (a pidfd) are the holder's to close.
    """

    pid: int
    netns: int
    pidfd: int

    def close(self) -> None:
        """Give both descriptors back."""
        os.close(self.netns)
        os.close(self.pidfd)


class Zygote:
    """The parent of this server, which forks sandboxes. `on_close` is called when it has died."""

    def __init__(self, connection: socket.socket) -> None:
        self.on_close: Callable[[], None] = _nothing
        self._channel = Channel(connection, _pass_over, self._lost)

    @classmethod
    def inherited(cls) -> Self:
        """Return the zygote that started this process. Unavailable if none did."""
        number = os.environ.pop(ZYGOTE_VARIABLE, "")
        if not number.isdigit():
            raise Unavailable(
                "cannot run without a zygote", hint="'minipod server start' starts both"
            )
        descriptor = int(number)
        os.set_inheritable(descriptor, False)
        return cls(socket.socket(fileno=descriptor))

    def _lost(self) -> None:
        self.on_close()

    @property
    def closed(self) -> bool:
        """Whether the zygote is gone, or `close` was called."""
        return self._channel.closed

    async def fork(self, spec: SandboxSpec, cgroup: int) -> Sandboxed:
        """Fork a sandbox; `cgroup` is a descriptor of the pod's group. StepFailed, Unavailable."""
        request = {"op": "fork", "spec": spec}
        ok, (netns, pidfd) = await self._channel.request(request, [cgroup])
        return Sandboxed(ok["pid"], netns, pidfd)

    def close(self) -> None:
        """Hang up."""
        self._channel.close()


@dataclass(frozen=True, slots=True)
class Exec:
    """A program that was run in a container.

    `terminal` is its terminal's master or None, the
    holder's to close; `ended` gives (code, signal), Unavailable if the sandbox is gone before.
    """

    pid: int
    terminal: int | None
    ended: asyncio.Future[tuple[int, int]]


class SandboxConnection:
    """A connection with a sandbox, as its server or as a client. See `connect`.

    `containers` are those that ran when it was made: {name: {"attempt", "id", "pid"}}. `held` are
    the ports of the host that the sandbox keeps now.
    """

    uid: str
    pid: int
    containers: Mapping[str, Mapping[str, Any]]
    held: frozenset[str]

    def __init__(
        self,
        connection: socket.socket,
        on_journal: Callable[[int], None],
        on_close: Callable[[], None],
    ) -> None:
        self._on_journal = on_journal
        self._on_close = on_close
        self._execs: dict[int, asyncio.Future[tuple[int, int]]] = {}
        self._greeted: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._channel = Channel(connection, self._other, self._lost)

    @classmethod
    async def connect(
        cls,
        folder: str,
        *,
        role: str = "server",
        on_journal: Callable[[int], None] | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> Self:
        """Connect to the sandbox of a pod's folder. HostError if there is none, or another's.

        `on_journal`: the journal has grown to so many bytes; a hint, which may be lost. `on_close`:
        the sandbox ended, or another server took its place; not called after `close`.
        """
        try:
            connection = connected(folder, SOCKET)
        except OSError as error:
            raise _cannot_connect(folder, error.strerror) from error
        self = cls(connection, on_journal or _not_told, on_close or _nothing)
        try:
            messages.send(connection, {"op": "hello", "version": VERSION, "role": role})
            async with asyncio.timeout(_PATIENCE):
                greeting = await self._greeted
        except OSError as error:  # TimeoutError is one
            self.close()
            raise _cannot_connect(folder, error.strerror or "it does not answer") from error
        except BaseException:
            self.close()
            raise
        if greeting["version"] != VERSION:
            self.close()
            spoken = f"it speaks version {greeting['version']} of the protocol, not {VERSION}"
            raise _cannot_connect(folder, spoken)
        self.uid, self.pid = greeting["uid"], greeting["pid"]
        self.containers = greeting["containers"]
        self.held = frozenset(greeting.get("held", ()))  # one of an earlier version holds none
        return self

    @property
    def closed(self) -> bool:
        """Whether the sandbox is gone, or `close` was called."""
        return self._channel.closed

    async def request(self, op: str, **fields: Any) -> Mapping[str, Any]:
        """Ask for what returns no descriptors. StepFailed, Unavailable."""
        ok, descriptors = await self._channel.request({"op": op, **fields})
        assert not descriptors
        return ok

    async def namespace(self) -> tuple[int, int]:
        """Return descriptors of the pod's network namespace and of the sandbox (a pidfd)."""
        _, (netns, pidfd) = await self._channel.request({"op": "namespace"})
        return netns, pidfd

    async def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket made inside the pod's network namespace. StepFailed, Unavailable."""
        request = {"op": "socket", "family": family, "type": kind, "protocol": protocol}
        _, (descriptor,) = await self._channel.request(request)
        made = socket.socket(fileno=descriptor)
        made.setblocking(False)
        return made

    async def hold(self, port: str, descriptor: int) -> None:
        """Have the sandbox keep a socket that is bound on the host. StepFailed, Unavailable."""
        await self._channel.request({"op": "hold", "port": port}, [descriptor])
        self.held |= {port}

    async def release(self, port: str) -> None:
        """Have the sandbox let go of a port of the host. StepFailed, Unavailable."""
        await self._channel.request({"op": "release", "port": port})
        self.held -= {port}

    async def exec(
        self,
        name: str,
        argv: Sequence[str],
        stdio: tuple[int, int, int] | None,
        *,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] | None = None,
    ) -> Exec:
        """Run a program in a container on these descriptors, or (None) on a new terminal.

        StepFailed (of the step RUN if the program itself could not be run), Unavailable.
        """
        request: Message = {"op": "exec", "name": name, "argv": list(argv), "tty": stdio is None}
        request |= {"env": dict(env or {}), "size": size}
        ended: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        seq = self._channel.number()
        self._execs[seq] = ended  # the end may come in one breath with the answer
        try:
            ok, descriptors = await self._channel.request(request, stdio or (), seq=seq)
        except BaseException:
            self._execs.pop(seq, None)
            raise
        return Exec(ok["pid"], descriptors[0] if descriptors else None, ended)

    def close(self) -> None:
        """Hang up. The sandbox and its containers run on."""
        self._channel.close()
        self._end_waiting()

    def _other(self, message: Message) -> None:
        if "exit" in message:
            ended = self._execs.pop(message["seq"], None)
            if ended is not None and not ended.done():
                ended.set_result((message["exit"]["code"], message["exit"]["signal"]))
        elif "journal" in message:
            self._on_journal(message["journal"])
        elif "version" in message and not self._greeted.done():
            self._greeted.set_result(message)

    def _lost(self) -> None:
        self._end_waiting()
        self._on_close()

    def _end_waiting(self) -> None:
        _fail(self._greeted)
        for ended in self._execs.values():
            _fail(ended)
        self._execs.clear()


def _fail(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(gone())
        future.exception()  # whoever does not look at it does not want to know


def _cannot_connect(folder: str, why: object) -> HostError:
    return HostError(f"cannot connect to the sandbox of {folder}: {why}")


def _pass_over(_message: Message) -> None:
    """Take no note: an answer that nobody waits for any more."""


def _not_told(_size: int) -> None:
    """Do nothing."""


def _nothing() -> None:
    """Do nothing."""
