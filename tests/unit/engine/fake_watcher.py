"""A watcher that sees what a test tells it to, and remembers it as the real one does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from minipod.errors import HostError
from minipod.model.binds import BindCall
from minipod.model.doctor import Cost
from minipod.model.root import Root
from minipod.watcher.protocol import VERSION, Mechanism
from minipod.watcher.remote import Greeting, Position


class FakeWatcher:
    """Plays `minipod.engine.hands.Watchers`, and the process behind it."""

    def __init__(self) -> None:
        self.spawned = 0
        self.alive = False
        self.refusal: Exception | None = None
        self.mechanism = Mechanism.TRACEPOINT
        self.memory: list[BindCall] = []
        self.after: list[Position | None] = []
        self.costs: list[Cost | HostError] = []
        self._connection: FakeConnection | None = None
        self._reached = asyncio.Event()

    @property
    def life(self) -> str:
        """The id of the process."""
        return f"life{self.spawned}"

    def see(self, *calls: BindCall) -> None:
        """Have the watcher see calls, and tell of them if a server listens."""
        self.memory += calls
        if self._connection is not None:
            self._connection.on_calls(calls)

    def die(self) -> None:
        """End as after a kill -9."""
        self.alive = False
        self.memory.clear()
        self._reached.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.on_close()

    async def connected(self) -> None:
        """Wait until a server has connected."""
        await self._reached.wait()

    async def spawn(self, root: Root, cgroup: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.spawned += 1
        self.alive = True

    async def connect(
        self,
        root: Root,
        after: Position | None,
        on_calls: Callable[[Sequence[BindCall]], None],
        on_close: Callable[[], None],
    ) -> Any:
        if not self.alive:
            raise HostError("cannot connect to the watcher: No such file or directory")
        self.after.append(after)
        self._connection = FakeConnection(self, on_calls, on_close)
        known = after.seq if after is not None and after.life == self.life else 0
        self._reached.set()
        replay = [call for call in self.memory if not call.failed or call.seq > known]
        if replay:
            on_calls(replay)
        return self._connection

    async def measure(self, connection: FakeConnection, group: int) -> Cost:
        cost = self.costs.pop(0)
        if isinstance(cost, HostError):
            raise cost
        return cost


class FakeConnection:
    """What the engine holds."""

    def __init__(
        self,
        watcher: FakeWatcher,
        on_calls: Callable[[Sequence[BindCall]], None],
        on_close: Callable[[], None],
    ) -> None:
        self.on_calls = on_calls
        self.on_close = on_close
        self.lost = 0
        self.greeting = Greeting(VERSION, 1, watcher.life, watcher.mechanism, {}, True, 0)
        self._watcher = watcher

    async def quit(self) -> None:
        self._watcher.die()

    def close(self) -> None:
        if self._watcher._connection is self:
            self._watcher._connection = None
