"""Changes that were begun go on, though the client that asked for them hangs up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class Changes:
    """The changes under way. A handler is cancelled when its client goes; a change is not."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def finish(self, change: Coroutine[Any, Any, T]) -> T:
        """Run a change to its end and return what it returns, or raise what it raises."""
        task = asyncio.create_task(change)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for the changes that are under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: the handler raises it too, if it is still there
