"""A store that forgets when it is closed: for tests."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from minipod.store.base import KEPT_REVISIONS, BaseStore, Batch, Contents, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable


class MemoryStore(BaseStore):
    """See minipod.store.protocol.Store."""

    def __init__(self) -> None:
        super().__init__(_MemoryJournal())


class _MemoryJournal:
    """The kept revisions, and nothing that survives."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT_REVISIONS)

    def load(self) -> Contents:
        return Contents(version=0, oldest=1, objects={}, records={})

    def write(self, batch: Batch) -> None:
        self._entries.extend(batch.entries)

    def after(self, version: int, limit: int) -> list[Entry]:
        later: Iterable[Entry] = (entry for entry in self._entries if entry.version > version)
        return list(islice(later, limit))

    def close(self) -> None:
        self._entries.clear()
