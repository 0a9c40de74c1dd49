"""Removes from a pod's folder what an ended attempt leaves: its scratch, and logs too old."""

from __future__ import annotations

import asyncio
import os
import shutil
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
    """Removes in threads, for a scratch may be large; `close` waits for them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Future[None]] = set()

    def after(self, state: PodState, record: Mapping[str, Any]) -> None:
        """Clear away after a journal record: an attempt ended, another began."""
        folder = f"{state.folder}/{CONTAINERS}/{record.get('name')}"
        match record["event"]:
            case "exited" | "failed":
                self._remove_tree(f"{folder}/{record['attempt']}{SCRATCH}")
            case "started":
                with suppress(FileNotFoundError):
                    os.unlink(f"{folder}/{record['attempt'] - KEPT_LOGS}.log")
            case _:
                pass

    async def close(self) -> None:
        """Wait for what is being removed."""
        await asyncio.gather(*self._running)

    def _remove_tree(self, path: str) -> None:
        future = asyncio.ensure_future(asyncio.to_thread(shutil.rmtree, path, ignore_errors=True))
        self._running.add(future)
        future.add_done_callback(self._running.discard)
