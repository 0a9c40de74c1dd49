"""Removes what an ended attempt leaves in a pod's folder, and the folder of a pod that is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from glob import escape, glob
from typing import TYPE_CHECKING, Any

from minipod.sandbox.protocol import CONTAINERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipod.engine.pod_state import PodState

SCRATCH = ".rootfs"
KEPT_LOGS = 2
"""Logs of the newest attempts that are kept: the current one, and the one of `logs --previous`."""


def remove_scratch(folder: str) -> None:
    """Remove the scratch of all attempts of a pod that has no sandbox now."""
    for path in glob(f"{escape(folder)}/{CONTAINERS}/*/*{SCRATCH}"):
        shutil.rmtree(path, ignore_errors=True)


class Housekeeping:
    """Removes in one thread, for a scratch may be large; `close` waits for it.

    Not in more: they would only hand the interpreter's lock to each other, at every file.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Future[None]] = set()
        self._thread = ThreadPoolExecutor(1, "housekeeping")

    def after(self, state: PodState, record: Mapping[str, Any]) -> None:
        """Clear away after a journal record: an attempt ended, another began."""
        folder = f"{state.folder}/{CONTAINERS}/{record.get('name')}"
        match record["event"]:
            case "exited" | "failed":
                self.remove(f"{folder}/{record['attempt']}{SCRATCH}")
            case "started" if record["attempt"] >= KEPT_LOGS:
                with suppress(FileNotFoundError):
                    os.unlink(f"{folder}/{record['attempt'] - KEPT_LOGS}.log")
            case _:
                pass

    def remove(self, path: str) -> asyncio.Future[None]:
        """Begin to remove a folder; whoever wants to may wait for the end of that."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, _remove, path)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    async def close(self) -> None:
        """Wait for what is being removed, and end."""
        await asyncio.gather(*self._running)
        self._thread.shutdown()


def _remove(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
