"""Peers that see what a run of a container writes, and may write to its stdin: `attach`.

They read the log, each at its own pace: one that is slow, or gone, holds up nobody and misses
nothing. An eventfd tells of the log's growth; a write to it never waits.
"""

from __future__ import annotations

import os
from errno import ENOENT, EPIPE, ESRCH

from minipod.sandbox.failures import Refused, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.containers import Container
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


def start(request: Request, container: Container) -> None:
    """Attach a peer to a container that runs. Refused."""
    spec, stdio, log = container.spec, container.stdio, container.log
    assert stdio is not None
    assert log is not None
    step = f"attach to container {spec['name']}"
    attempt = spec["attempt"]
    if request.content.get("attempt", attempt) != attempt:
        raise Refused(step, "that run of it is over", ESRCH)
    stdin = _stdin(request, container, step)
    try:
        reader, size = log.reader()
    except OSError as error:
        raise refusal(step, error) from error
    try:
        growth = container.attachments.add(request, log)
        request.answer({"attempt": attempt, "offset": size}, [reader, growth, *stdin])
    except OSError as error:
        raise refusal(step, error) from error
    finally:
        os.close(reader)
    if stdin:
        stdio.stdin_given()
    stdio.flush()


def _stdin(request: Request, container: Container, step: str) -> list[int]:
    if not request.content.get("stdin"):
        return []
    assert container.stdio is not None
    stdin = container.stdio.stdin()
    if stdin is None:
        raise Refused(step, "it has no stdin", ENOENT)
    if stdin < 0:
        raise Refused(step, "its stdin is closed", EPIPE)
    return [stdin]
