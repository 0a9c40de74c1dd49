"""Who wants to know what is done to the kernel is told it, step by step: `minipod -v`.

Mostly nobody listens. Then a step costs the test of `on`, and no more. A listener is told of the
pods that its own requests are about, and of what no pod owns: the fabric and the nodes.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from minipod.plan.byhand import Deed
    from minipod.store.protocol import Key

MOST = 10_000
"""Lines that wait for a listener: of one that does not read, the oldest are lost."""

_pod: ContextVar[Key | None] = ContextVar("pod", default=None)
"""The pod whose worker runs; None in what serves a request, or all pods."""

_asker: ContextVar[str | None] = ContextVar("asker", default=None)
"""The listener that a request comes from."""


class Line(NamedTuple):
    """A deed, when it was over (seconds since the epoch), whose, and how many seconds it took.

    What was done in one go has its time with its last deed.
    """

    time: float
    pod: Key | None
    deed: Deed
    took: float | None


class Trace:
    """Tells of one root's steps. `clock` gives seconds since the epoch."""

    def __init__(self) -> None:
        self.on = False
        self._listeners: dict[str, _Listener] = {}

    def begin(self) -> float:
        """Return the moment at which a step begins, for `tell`."""
        return time.perf_counter() if self.on else 0.0

    def tell(self, deeds: Iterable[Deed], began: float = 0.0) -> None:
        """Tell what was done for the pod whose worker runs, since `began`. Ask `on` before."""
        now, pod = time.time(), _pod.get()
        took = time.perf_counter() - began if began else None
        *before, last = deeds
        lines = [*(Line(now, pod, deed, None) for deed in before), Line(now, pod, last, took)]
        for listener in self._listeners.values():
            if pod is None or pod in listener.pods:
                listener.add(lines)

    def concerns(self, pod: Key) -> None:
        """Take note that the request that is served is about a pod."""
        listener = self._listeners.get(_asker.get() or "")
        if listener is not None:
            listener.pods.add(pod)

    async def listen(self, asker: str) -> AsyncGenerator[list[Line], None]:
        """Yield the lines for a listener as they come, until `end`. Conflict if it listens."""
        if asker in self._listeners:
            raise Conflict(f'cannot listen as "{asker}": somebody does')
        listener = self._listeners[asker] = _Listener()
        self.on = True
        try:
            yield []  # from here on nothing is missed
            while lines := await listener.next():
                yield lines
        finally:
            del self._listeners[asker]
            self.on = bool(self._listeners)

    def end(self, asker: str) -> None:
        """Have a listener's lines end with those that there are; nothing if there is none."""
        listener = self._listeners.get(asker)
        if listener is not None:
            listener.end()


class _Listener:
    def __init__(self) -> None:
        self.pods: set[Key] = set()
        self._lines: deque[Line] = deque(maxlen=MOST)
        self._news = asyncio.Event()
        self._ended = False

    def add(self, lines: Iterable[Line]) -> None:
        self._lines.extend(lines)
        self._news.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    async def next(self) -> list[Line]:
        """Return what has come, or wait for it; nothing when it was the last."""
        if not self._lines and not self._ended:
            self._news.clear()
            await self._news.wait()
        lines = list(self._lines)
        self._lines.clear()
        return lines


def works_for(pod: Key | None) -> None:
    """Say for which pod the running task works, from now on."""
    _pod.set(pod)


@contextmanager
def asked_by(asker: str | None) -> Iterator[None]:
    """Say from which listener the request comes that is served meanwhile."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)
