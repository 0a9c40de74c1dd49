"""The containers' logs: read from the end or the beginning, and followed as they grow."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import Expired, HostError
from minipod.plan import crilog
from minipod.plan.log_source import is_over
from minipod.sandbox.protocol import CONTAINERS
from minipod.store.protocol import Key
from minipod.syscalls.inotify import MODIFY, Inotify

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

    from minipod.model.pod import JSON
    from minipod.plan.log_source import LogSource
    from minipod.store.protocol import Store

PIECE = 1 << 18
"""Bytes that are read and rendered at once, in a thread: about 2 ms of work."""


class LogQuery(NamedTuple):
    """Which part of a log: the last `tail` lines of it, none before `since` (epoch seconds)."""

    follow: bool = False
    tail: int | None = None
    since: float | None = None
    timestamps: bool = False
    limit: int | None = None


class Logs:
    """Reads logs for any number of clients, on one event loop."""

    def __init__(self, store: Store, pod_folder: Callable[[str], str]) -> None:
        self._store = store
        self._pod_folder = pod_folder
        self._growth = Growth()

    async def read(
        self, pod: JSON, source: LogSource, query: LogQuery
    ) -> AsyncGenerator[bytes, None]:
        """Yield what a container's attempt wrote; with `follow`, until that attempt is over."""
        folder = self._pod_folder(pod["metadata"]["uid"])
        path = f"{folder}/{CONTAINERS}/{source.container}/{source.attempt}.log"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return  # an attempt that could not be started never wrote
        except OSError as error:
            raise HostError(f"cannot read the log {path}: {error.strerror}") from error
        try:
            reading = _Reading(descriptor, query)
            await asyncio.to_thread(reading.seek)
            if not query.follow or source.over:
                async for piece in reading.pieces(os.fstat(descriptor).st_size):
                    yield piece
                return
            async with self._following(descriptor, pod, source) as (grown, over):
                async for piece in reading.follow(grown, over):
                    yield piece
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Give the descriptor of the watches back."""
        self._growth.close()

    @asynccontextmanager
    async def _following(
        self, descriptor: int, pod: JSON, source: LogSource
    ) -> AsyncIterator[tuple[asyncio.Event, asyncio.Task[None]]]:
        """Have an event set when the file grows and when the attempt is over."""
        with self._growth.watching(descriptor) as grown:
            over = asyncio.create_task(attempt_over(self._store, pod, source))
            over.add_done_callback(lambda _: grown.set())
            try:
                yield grown, over
            finally:
                over.cancel()
                with suppress(asyncio.CancelledError):
                    await over


async def attempt_over(store: Store, pod: JSON, source: LogSource) -> None:
    """Wait until an attempt is over: it ended, or its pod is gone, or the store was closed."""
    metadata = pod["metadata"]
    key = Key("Pod", metadata["namespace"], metadata["name"])
    while True:
        version = store.version
        current = store.get(key)
        if current is None or current["metadata"]["uid"] != metadata["uid"]:
            return
        if is_over(current, source):
            return
        try:
            async for revision in store.watch("Pod", key.namespace, version):
                if revision.key == key:
                    break
            else:
                return
        except Expired:
            pass  # it changed more than a watch can tell: look again


class _Reading:
    """One client's place in one file."""

    def __init__(self, descriptor: int, query: LogQuery) -> None:
        self._descriptor = descriptor
        self._query = query
        self._offset = 0
        self._since = b"" if query.since is None else crilog.stamp(query.since)
        self._renderer = crilog.Renderer(
            timestamps=query.timestamps, since=self._since, limit=query.limit
        )

    def seek(self) -> None:
        """Go to where the wanted part begins."""
        size = os.fstat(self._descriptor).st_size
        if self._query.tail is not None:
            self._offset = crilog.tail_start(self._at, size, self._query.tail)
        if self._since:
            since = crilog.since_start(self._at, size, self._since)
            self._offset = max(self._offset, since)

    async def pieces(self, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield what there is (up to the offset `end`: a busy writer must not hold a reader)."""
        while not self._renderer.done:
            length = PIECE if end is None else min(PIECE, end - self._offset)
            if length <= 0:
                return
            size, written = await asyncio.to_thread(self._next, length)
            if written:
                yield written
            if not size:
                return

    async def follow(
        self, grown: asyncio.Event, over: asyncio.Task[None]
    ) -> AsyncGenerator[bytes, None]:
        """Yield what there is and what comes, until the attempt is over and all is read."""
        while True:
            grown.clear()
            last = over.done()
            async for piece in self.pieces():
                yield piece
            if last or self._renderer.done:
                return
            await grown.wait()

    def _next(self, length: int) -> tuple[int, bytes]:
        data = self._at(self._offset, length)
        self._offset += len(data)
        return len(data), self._renderer.feed(data)

    def _at(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)


class Growth:
    """Tells when files grow: one inotify instance for all readers (a user may have 128)."""

    def __init__(self) -> None:
        self._inotify: Inotify | None = None
        self._readers: dict[int, set[asyncio.Event]] = {}

    @contextmanager
    def watching(self, descriptor: int) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever an open file has grown. HostError."""
        grown = asyncio.Event()
        inotify = self._open()
        try:
            number = inotify.add(f"/proc/self/fd/{descriptor}", MODIFY)
        except OSError as error:
            raise HostError(
                f"cannot follow a log: {error.strerror}",
                hint="the sysctl fs.inotify.max_user_watches limits how many can be followed",
            ) from error
        readers = self._readers.setdefault(number, set())
        readers.add(grown)
        try:
            yield grown
        finally:
            readers.discard(grown)
            if not readers:
                del self._readers[number]
                with suppress(OSError):  # its file is gone, and the watch with it
                    inotify.remove(number)

    def close(self) -> None:
        """End all watches."""
        if self._inotify is not None:
            asyncio.get_running_loop().remove_reader(self._inotify.fileno())
            self._inotify.close()
            self._inotify = None

    def _open(self) -> Inotify:
        if self._inotify is None:
            self._inotify = Inotify()
            asyncio.get_running_loop().add_reader(self._inotify.fileno(), self._tell)
        return self._inotify

    def _tell(self) -> None:
        assert self._inotify is not None
        for number, _, _ in self._inotify.read():
            told = self._readers.get(number, set())
            if number < 0:  # the kernel's queue ran over: any file may have grown
                told = set().union(*self._readers.values())
            for grown in told:
                grown.set()
