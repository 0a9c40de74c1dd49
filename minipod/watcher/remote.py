"""The asyncio end of what `minipod.watcher.protocol` describes: for the engine.

spawn                start a root's watcher
connect              hear what it sees
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from minipod.errors import HostError, MinipodError
from minipod.model.binds import BindCall
from minipod.sandbox import messages
from minipod.sandbox.channel import Channel, connected, gone
from minipod.watcher.protocol import LOCK_HELD, LOG, SOCKET, VERSION, Mechanism

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from minipod.model.root import Root
    from minipod.sandbox.messages import Message

_PATIENCE = 10.0
"""Seconds in which a watcher must be ready, and must greet."""

_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "watcher.py")
_OTHER_END = "the watcher"

__all__ = ["Greeting", "Position", "WatcherConnection", "connect", "spawn"]


class Position(NamedTuple):
    """The last failure that is known: of which life of the watcher, and its `seq`."""

    life: str
    seq: int


class Greeting(msgspec.Struct, frozen=True):
    """Who watches and how; `minipod.watcher.protocol` tells what each means."""

    version: int
    pid: int
    life: str
    mechanism: Mechanism
    reasons: dict[str, str]
    kernel_fields: bool
    lost: int


class WatcherConnection:
    """A connection with a root's watcher. See `connect`.

    `greeting` is what it said at first, but `lost`, which counts on.
    """

    def __init__(self, channel: Channel, greeting: Greeting) -> None:
        self._channel = channel
        self.greeting = greeting
        self.lost = greeting.lost

    @property
    def closed(self) -> bool:
        """Whether the watcher is gone, or `close` was called."""
        return self._channel.closed

    async def quit(self) -> None:
        """Have it end and leave nothing behind. Returns when it is about to. Unavailable."""
        await self._channel.request({"op": "quit"})

    async def pause(self) -> None:
        """Have it take its hooks out of the kernel. StepFailed, Unavailable."""
        await self._channel.request({"op": "pause"})

    async def resume(self) -> None:
        """Have it put its hooks back. StepFailed, Unavailable."""
        await self._channel.request({"op": "resume"})

    def close(self) -> None:
        """Hang up. The watcher watches on, and waits for the next server."""
        self._channel.close()


async def connect(
    root: Root,
    after: Position | None,
    on_calls: Callable[[Sequence[BindCall]], None],
    on_close: Callable[[], None],
) -> WatcherConnection:
    """Connect to a root's watcher as its server. Unavailable if it ends meanwhile.

    HostError if none answers, or one of another version does.

    That one is asked to end: the next may be started. `after` is the last failure that is known.
    `on_calls` is called with what was seen, even before this returns; a failure that was told
    before comes again, with the same `seq`, when its `count` has grown. `on_close`: the watcher
    ended, or another server took its place; not called after `close`.
    """
    try:
        connection = connected(root.path, SOCKET)
    except OSError as error:
        raise _cannot_connect(root, error.strerror) from error
    meeting = _Meeting(connection, on_calls, on_close)
    try:
        async with asyncio.timeout(_PATIENCE):
            greeting = await meeting.greet(after)
    except OSError as error:  # TimeoutError is one
        meeting.channel.close()
        raise _cannot_connect(root, error.strerror or "it does not answer") from error
    except BaseException:
        meeting.channel.close()
        raise
    if greeting["version"] != VERSION:
        spoken = f"it speaks version {greeting['version']} of the protocol, not {VERSION}"
        with suppress(MinipodError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await meeting.channel.request({"op": "quit"})
        meeting.channel.close()
        raise _cannot_connect(root, spoken)
    if meeting.channel.closed:  # in one breath with its greeting; nobody would be told
        raise gone(_OTHER_END)
    return meeting.become(msgspec.convert(greeting, Greeting))


class _Meeting:
    """A connection from its first word on: the calls may come in one breath with the greeting."""

    def __init__(
        self,
        connection: socket.socket,
        on_calls: Callable[[Sequence[BindCall]], None],
        on_close: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._on_calls = on_calls
        self._on_close = on_close
        self._greeted: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._lost: int | None = None
        self._become: WatcherConnection | None = None
        self.channel = Channel(connection, self._take, self._ended, _OTHER_END)

    async def greet(self, after: Position | None) -> Message:
        """Say hello, and return the answer. OSError, Unavailable."""
        known = None if after is None else {"life": after.life, "seq": after.seq}
        hello = {"op": "hello", "version": VERSION, "after": known}
        messages.send(self._connection, hello)
        return await self._greeted

    def become(self, greeting: Greeting) -> WatcherConnection:
        """Return the connection that everybody else sees."""
        self._become = WatcherConnection(self.channel, greeting)
        if self._lost is not None:
            self._become.lost = self._lost
        return self._become

    def _take(self, message: Message) -> None:
        if "calls" in message:
            self._on_calls(msgspec.convert(message["calls"], list[BindCall]))
        elif "version" in message and not self._greeted.done():
            self._greeted.set_result(message)
        elif "lost" in message:
            self._lost = message["lost"]
            if self._become is not None:
                self._become.lost = message["lost"]

    def _ended(self) -> None:
        if not self._greeted.done():
            self._greeted.set_exception(gone(_OTHER_END))
        elif self._become is not None:
            self._on_close()


async def spawn(root: Root, cgroup: int, mechanisms: str | None = None) -> None:
    """Start a root's watcher, detached; return when it listens, or another one holds the lock.

    `cgroup` is a descriptor of the root's group, which stays the caller's. `mechanisms` are the
    only ones that it may try (MECHANISMS_VARIABLE). HostError if it does not get ready. When it
    ends later, the running loop reaps it.
    """
    reader, writer = os.pipe()
    try:
        process = _started(root, cgroup, mechanisms, writer)
    except OSError as error:
        os.close(reader)
        raise HostError(f"cannot start the watcher: {error.strerror}") from error
    finally:
        os.close(writer)
    ended = _reaped(process)
    try:
        async with asyncio.timeout(_PATIENCE):
            if await _said(reader):
                return
            code = await ended
    except TimeoutError:
        process.kill()
        raise _cannot_start(root, "it does not get ready") from None
    finally:
        os.close(reader)
    if code != LOCK_HELD:
        raise _cannot_start(root, f"it ended with {code}")


def _started(
    root: Root, cgroup: int, mechanisms: str | None, ready: int
) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-I", "-S", _PROGRAM, "--root", root.path, "--root-id", root.id]
    argv += ["--cgroup-fd", str(cgroup), "--ready-fd", str(ready)]
    if mechanisms is not None:
        argv += ["--mechanisms", mechanisms]
    with open(f"{root.path}/{LOG}", "ab") as log:
        return subprocess.Popen(  # noqa: S603 (our own command line, no shell)
            argv,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(cgroup, ready),
        )


def _reaped(process: subprocess.Popen[bytes]) -> asyncio.Future[int]:
    """Return what becomes a process's exit code when it has ended."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    pidfd = os.pidfd_open(process.pid)

    def reap() -> None:
        loop.remove_reader(pidfd)
        os.close(pidfd)
        code = process.wait()
        if not ended.done():
            ended.set_result(code)

    loop.add_reader(pidfd, reap)
    return ended


async def _said(reader: int) -> bytes:
    """Return what comes through a pipe, nothing when its other end is closed."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(reader, readable.set_result, None)
    try:
        await readable
    finally:
        loop.remove_reader(reader)
    return os.read(reader, 1)


def _cannot_connect(root: Root, why: object) -> HostError:
    return HostError(f"cannot connect to the watcher of {root.path}: {why}")


def _cannot_start(root: Root, why: str) -> HostError:
    return HostError(f"cannot start the watcher: {why}", hint=f"its log is {root.path}/{LOG}")
