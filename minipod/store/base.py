"""What both stores share: encoded objects in memory, one counter, and readers that follow it.

Every read is served from memory. A change is applied there, then handed to a journal as a whole:
the SQLite file, or nothing. If the journal refuses, memory is put back. So the two stores differ
in one thing only: what survives.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import msgspec

from minipod.errors import Conflict, Expired
from minipod.store.protocol import (
    Change,
    Key,
    Revision,
    already_exists,
    described,
    key_of,
    not_found,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.model.pod import JSON

KEPT_REVISIONS = 10_000
"""How far back a watch may begin."""

RECENT_REVISIONS = 1_000
"""How many of them are kept in memory; a reader that is further behind reads the journal."""

BATCH = 100
"""How many revisions a reader takes before it lets others run."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Stored(NamedTuple):
    """An object as it is kept: its version and its JSON."""

    version: int
    body: bytes


class Entry(NamedTuple):
    """A revision as it is kept. `before` is the state that it replaced, if that is still kept."""

    version: int
    change: Change
    key: Key
    body: bytes
    before: Stored | None

    def revision(self) -> Revision:
        """Return it for a reader, with objects of its own."""
        before = _decode(self.before.body) if self.before else None
        return Revision(self.version, self.change, self.key, _decode(self.body), before)


class Batch(NamedTuple):
    """One change, all or none: revisions, and records by bucket and key (None: dropped)."""

    entries: list[Entry]
    records: dict[tuple[str, str], bytes | None]


class Contents(NamedTuple):
    """What a journal holds when it is opened."""

    version: int
    oldest: int
    objects: dict[Key, Stored]
    records: dict[tuple[str, str], bytes]


class Journal(Protocol):
    """Where changes go to survive."""

    def load(self) -> Contents:
        """Return everything."""

    def write(self, batch: Batch) -> None:
        """Keep a change, all or none, whatever becomes of this process. HostError."""

    def after(self, version: int, limit: int) -> list[Entry]:
        """Return the first revisions after a version, in order."""

    def close(self) -> None:
        """Close."""


class _Undo(NamedTuple):
    """What to put back if a change fails."""

    objects: list[tuple[Key, Stored | None]]
    records: list[tuple[str, str, bytes | None]]


class BaseStore:
    """See minipod.store.protocol.Store, which this keeps over any journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        contents = journal.load()
        self._version = contents.version
        self._oldest = contents.oldest
        self._objects: dict[str, dict[Key, Stored]] = {}
        for key, stored in contents.objects.items():
            self._objects.setdefault(key.kind, {})[key] = stored
        self._records: dict[str, dict[str, bytes]] = {}
        for (bucket, name), value in contents.records.items():
            self._records.setdefault(bucket, {})[name] = value
        self._recent: deque[Entry] = deque(maxlen=RECENT_REVISIONS)
        self._news = asyncio.Event()
        self._closed = False
        self._batch: Batch | None = None
        self._undo = _Undo([], [])

    @property
    def version(self) -> int:
        """The newest revision; 0 in an empty store."""
        return self._version

    def get(self, key: Key) -> JSON | None:
        """Return the object, or None."""
        stored = self._stored(key)
        return None if stored is None else _decode(stored.body)

    def list(self, kind: str, namespace: str | None = None) -> list[JSON]:
        """Return the objects of a kind (of one namespace, or of all), by namespace and name."""
        objects = self._objects.get(kind, {})
        return [
            _decode(objects[key].body)
            for key in sorted(objects)
            if namespace is None or key.namespace == namespace
        ]

    def create(self, obj: JSON) -> JSON:
        """Store a new object, set its resourceVersion, return it. AlreadyExists."""
        key = key_of(obj)
        if self._stored(key) is not None:
            raise already_exists(key)
        return self._put(Change.ADDED, key, obj)

    def update(self, obj: JSON) -> JSON:
        """Replace an object whole. NotFound; Conflict. No change, no revision."""
        key = key_of(obj)
        stored = self._existing(key)
        expected = obj["metadata"].get("resourceVersion")
        if expected and expected != str(stored.version):
            raise Conflict(
                f"cannot update {described(key)}: it was changed meanwhile",
                hint="read it again and apply the change to what it is now",
            )
        if _same(obj, stored):
            return _decode(stored.body)  # type: ignore[no-any-return]
        return self._put(Change.MODIFIED, key, obj)

    def delete(self, key: Key) -> JSON:
        """Remove an object and return its last state, with the deletion's version. NotFound."""
        return self._put(Change.DELETED, key, _decode(self._existing(key).body))

    def watch(self, kind: str, namespace: str | None, after: int) -> Reader:
        """Yield every revision of a kind after the version `after`, for ever, in order.

        Expired, at the first step, if not all of them are kept, or `after` is yet to come.
        """
        return Reader(self, kind, namespace, after)

    def record(self, bucket: str, key: str) -> Any | None:
        """Return a record, or None."""
        value = self._records.get(bucket, {}).get(key)
        return None if value is None else _decode(value)

    def records(self, bucket: str) -> dict[str, Any]:
        """Return all records of a bucket, by key."""
        return {key: _decode(value) for key, value in self._records.get(bucket, {}).items()}

    def put_record(self, bucket: str, key: str, value: Any) -> None:
        """Set a record; it outlives this process from here on."""
        encoded = _encode(value)
        if self._records.get(bucket, {}).get(key) != encoded:
            self._set_record(bucket, key, encoded)

    def drop_record(self, bucket: str, key: str) -> None:
        """Remove a record; nothing happens if there is none."""
        if key in self._records.get(bucket, {}):
            self._set_record(bucket, key, None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the calls inside one change: all or none, watchers told at the end. Not nested."""
        assert self._batch is None, "transactions do not nest"
        batch = self._batch = Batch([], {})
        version = self._version
        try:
            yield
            if batch.entries or batch.records:
                self._journal.write(batch)
        except BaseException:
            self._roll_back(version)
            raise
        finally:
            self._batch = None
            self._undo = _Undo([], [])
        if batch.entries:
            self._publish(batch.entries)

    def close(self) -> None:
        """Close; watches end."""
        self._closed = True
        self._news.set()
        self._journal.close()

    def _stored(self, key: Key) -> Stored | None:
        return self._objects.get(key.kind, {}).get(key)

    def _existing(self, key: Key) -> Stored:
        stored = self._stored(key)
        if stored is None:
            raise not_found(key)
        return stored

    def _put(self, change: Change, key: Key, obj: JSON) -> JSON:
        if self._batch is None:
            with self.transaction():
                return self._put(change, key, obj)
        version = self._version + 1
        stored = _stamped(obj, version)
        before = self._stored(key)
        self._undo.objects.append((key, before))
        self._batch.entries.append(Entry(version, change, key, stored.body, before))
        self._version = version
        self._place(key, None if change is Change.DELETED else stored)
        return _decode(stored.body)  # type: ignore[no-any-return]

    def _place(self, key: Key, stored: Stored | None) -> None:
        if stored is None:
            self._objects.get(key.kind, {}).pop(key, None)
        else:
            self._objects.setdefault(key.kind, {})[key] = stored

    def _set_record(self, bucket: str, key: str, value: bytes | None) -> None:
        if self._batch is None:
            with self.transaction():
                return self._set_record(bucket, key, value)
        self._undo.records.append((bucket, key, self._records.get(bucket, {}).get(key)))
        self._batch.records[bucket, key] = value
        self._place_record(bucket, key, value)
        return None

    def _place_record(self, bucket: str, key: str, value: bytes | None) -> None:
        if value is None:
            self._records.get(bucket, {}).pop(key, None)
        else:
            self._records.setdefault(bucket, {})[key] = value

    def _roll_back(self, version: int) -> None:
        self._version = version
        for key, stored in reversed(self._undo.objects):
            self._place(key, stored)
        for bucket, name, value in reversed(self._undo.records):
            self._place_record(bucket, name, value)

    def _publish(self, entries: Sequence[Entry]) -> None:
        self._recent.extend(entries)
        self._oldest = max(self._oldest, self._version - KEPT_REVISIONS + 1)
        self._news.set()
        self._news = asyncio.Event()

    def entries_after(self, version: int) -> Sequence[Entry]:
        """Return the next revisions after a version, at most a batch. Expired."""
        if version >= self._version:
            if version > self._version:
                raise Expired(f"resource version {version} is not of this store's history")
            return []
        if version < self._oldest - 1:
            raise Expired(
                f"revisions after {version} are no longer kept, the oldest is {self._oldest}",
                hint="list again, and watch from the list's resourceVersion",
            )
        if self._recent and self._recent[0].version <= version + 1:
            start = version + 1 - self._recent[0].version
            return tuple(islice(self._recent, start, start + BATCH))
        return self._journal.after(version, BATCH)

    async def news(self) -> bool:
        """Wait for the next change; False when the store is closed instead."""
        if not self._closed:
            await self._news.wait()
        return not self._closed

    @property
    def closed(self) -> bool:
        """Whether the store was closed."""
        return self._closed


class Reader:
    """An endless watch. It holds a place in the history and a few entries, never a queue.

    So a slow reader costs nothing and delays nobody. A wait that is cancelled loses nothing.
    """

    def __init__(self, store: BaseStore, kind: str, namespace: str | None, after: int) -> None:
        self._store = store
        self._kind = kind
        self._namespace = namespace
        self._seen = after
        self._ahead: deque[Entry] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Revision:
        """Return the next revision. StopAsyncIteration when the store is closed; Expired."""
        while True:
            while self._ahead:
                entry = self._ahead.popleft()
                self._seen = entry.version
                if self._wants(entry.key):
                    return entry.revision()
            if self._store.closed:
                raise StopAsyncIteration
            entries = self._store.entries_after(self._seen)
            if entries:
                self._ahead.extend(entries)
                await asyncio.sleep(0)
            elif not await self._store.news():
                raise StopAsyncIteration

    def _wants(self, key: Key) -> bool:
        return key.kind == self._kind and self._namespace in (None, key.namespace)


def _stamped(obj: JSON, version: int) -> Stored:
    metadata = {**obj["metadata"], "resourceVersion": str(version)}
    return Stored(version, _encode({**obj, "metadata": metadata}))


def _same(obj: JSON, stored: Stored) -> bool:
    """Return whether an object is as it is stored, in whatever order its fields come."""
    body = _stamped(obj, stored.version).body
    if len(body) != len(stored.body):
        return False
    return body == stored.body or _decode(body) == _decode(stored.body)
