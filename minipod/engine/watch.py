"""The root's watcher: kept running while there are pods, heard, and ended with the last of them.

A watcher that cannot be had costs nobody a pod: the server goes on without, and says so.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from minipod.errors import HostError, MinipodError
from minipod.watcher.protocol import WATCHER_GROUP, Mechanism

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.engine.conflicts import Conflicts
    from minipod.engine.hands import Hands
    from minipod.model.binds import BindCall
    from minipod.watcher.remote import WatcherConnection

_log = logging.getLogger(__name__)

READY_WITHIN = 2.0
"""Seconds that a pod's first container waits for the watcher: a bind before that goes unseen."""

_QUIT_WITHIN = 5.0
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 30.0
_LONG_RUN = 10.0
"""Seconds after which a watcher counts as having worked: its next start is at once."""
_SEEING = frozenset({Mechanism.FEXIT, Mechanism.TRACEPOINT})
"""The mechanisms that tell who wanted which port."""


class Watch:
    """Keeps one watcher: starts it, connects, and does so again when it ends."""

    def __init__(self, hands: Hands, conflicts: Conflicts) -> None:
        self._hands = hands
        self._conflicts = conflicts
        self._keeping: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._ended = asyncio.Event()
        self.connection: WatcherConnection | None = None
        self.trouble: str | None = None
        """Why there is no watcher; None while there is one, or none is wanted."""

    @property
    def sees(self) -> bool:
        """Whether refused binds are seen with their addresses, as they happen."""
        return self.connection is not None and self.connection.greeting.mechanism in _SEEING

    def want(self) -> None:
        """Have a watcher from now on."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep(), name="keep the watcher")

    async def ready(self, within: float = READY_WITHIN) -> None:
        """Wait until there is a watcher, or it is known that there is none for now.

        `within` is how many seconds, at the most.
        """
        if self._tried.is_set():
            return  # as always but at the first pod: no timer for that
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._tried.wait()

    async def quit(self) -> None:
        """End the watcher, also one that does not hear, and want none any more.

        One whose root's folder was removed hears nobody: its control group finds it.
        """
        await self._stop_keeping()
        with suppress(MinipodError, TimeoutError):
            async with asyncio.timeout(_QUIT_WITHIN):
                self.connection = self.connection or await self._connect()
                await self.connection.quit()
                await self._ended.wait()
        await self.close()
        await self._hands.cgroups.kill(WATCHER_GROUP)
        await self._hands.cgroups.remove(WATCHER_GROUP)

    async def close(self) -> None:
        """Let go of the watcher; it waits a while for the next server."""
        await self._stop_keeping()
        self._tried.clear()
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    async def _stop_keeping(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            self._keeping = None

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        delay = 0.0
        while True:
            began = loop.time()
            try:
                await self._hold()
            except (MinipodError, OSError) as error:  # OSError: no descriptor is left, say
                self.trouble = str(error)
                _log.warning("%s", error)
                self._tried.set()
            if loop.time() - began >= _LONG_RUN:
                delay = 0.0
            await asyncio.sleep(delay)
            delay = min(max(_FIRST_DELAY, 2 * delay), _LONGEST_DELAY)

    async def _hold(self) -> None:
        """Have a watcher until it ends. MinipodError if there is none to be had."""
        connection = self.connection = await self._reach()
        self.trouble = None
        self._tried.set()
        await self._ended.wait()
        connection.close()
        self._tried.clear()
        self.connection = None
        _log.warning("the watcher ended: starting another")

    async def _reach(self) -> WatcherConnection:
        """Return a connection with the watcher that runs, else with a new one. MinipodError."""
        try:
            return await self._connect()
        except HostError:
            pass  # most likely there is none
        group = self._hands.cgroups.open_root()
        try:
            await self._hands.watcher.spawn(self._hands.root, group)
        finally:
            os.close(group)
        return await self._connect()

    async def _connect(self) -> WatcherConnection:
        self._ended = asyncio.Event()
        early: list[BindCall] = []
        life = ""

        def hear(calls: Sequence[BindCall]) -> None:
            if life:
                self._conflicts.hear(life, calls)
            else:
                early.extend(calls)

        connection = await self._hands.watcher.connect(
            self._hands.root, self._conflicts.position, hear, self._ended.set
        )
        life = connection.greeting.life
        self._conflicts.hear(life, early)
        return connection
