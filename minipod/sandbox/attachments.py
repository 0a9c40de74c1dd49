"""Peers that see what a run of a container writes, and may write to its stdin: `attach`.

They read the log, each at its own pace: one that is slow, or gone, holds up nobody and misses
nothing. An eventfd tells of the log's growth; a write to it never waits.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.logs import Log
    from minipod.sandbox.peers import Peer, Request


class Attachments:
    """Who is attached to one run of a container, each with the request that it answers."""

    __slots__ = ("_growth", "_log")

    def __init__(self) -> None:
        self._growth: dict[Request, int] = {}
        self._log: Log | None = None

    def add(self, request: Request, log: Log) -> int:
        """Return the eventfd that tells a peer of the log's growth; it stays ours. OSError."""
        growth = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._growth[request] = growth
        self._log = log
        log.grown = self._tell
        return growth

    def drop(self, peer: Peer) -> None:
        """Forget a peer that has gone."""
        for request in [each for each in self._growth if each.peer is peer]:
            os.close(self._growth.pop(request))
        if not self._growth and self._log is not None:
            self._log.grown = None

    def end(self, code: int, number: int) -> None:
        """Tell all that the run has ended, and how; its log is whole."""
        for request, growth in self._growth.items():
            request.finish({"exit": {"code": code, "signal": number}})
            os.close(growth)
        self._growth.clear()

    def _tell(self) -> None:
        for growth in self._growth.values():
            os.eventfd_write(growth, 1)
