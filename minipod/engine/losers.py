"""Processes that were refused a port, watched for their end: then they want it no more."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

AT_MOST = 32
"""Processes watched at once: each costs a descriptor. More count as ended at once."""


class Losers:
    """The watched processes, by pid."""

    def __init__(self) -> None:
        self._pidfds: dict[int, int] = {}

    def watch(self, pid: int, on_end: Callable[[], None]) -> bool:
        """Have `on_end` called when a process ends; return False if it is not watched.

        So it is if it has ended already. A second call for one process changes nothing.
        """
        if pid in self._pidfds:
            return True
        if len(self._pidfds) >= AT_MOST:
            return False
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            return False
        self._pidfds[pid] = pidfd
        asyncio.get_running_loop().add_reader(pidfd, self._ended, pid, on_end)
        return True

    def close(self) -> None:
        """Let go of all."""
        for pid in list(self._pidfds):
            self._forget(pid)

    def _ended(self, pid: int, on_end: Callable[[], None]) -> None:
        self._forget(pid)
        on_end()

    def _forget(self, pid: int) -> None:
        pidfd = self._pidfds.pop(pid)
        asyncio.get_running_loop().remove_reader(pidfd)
        os.close(pidfd)
