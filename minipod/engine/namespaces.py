"""Namespaces: made by users, or with the first pod that names one; ended with their pods."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from minipod.engine.outcome import Outcome
from minipod.errors import Conflict, Forbidden, NotFound
from minipod.model import conflicts
from minipod.model.times import timestamp
from minipod.plan.objects import namespace_object
from minipod.store.protocol import Key, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from minipod.model.pod import JSON
    from minipod.store.protocol import Store

_log = logging.getLogger(__name__)

DEFAULT: Final = "default"
_GOES_WITH_IT: Final = ("Event", conflicts.KIND)


class Namespaces:
    """The namespaces of a root; `end_pods` ends all pods of one, and waits until they are gone."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        end_pods: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._end_pods = end_pods
        self._ends: set[asyncio.Task[None]] = set()

    def ensure(self, name: str) -> None:
        """Have a namespace, whether somebody made it or not."""
        if self._store.get(_key(name)) is None:
            now = timestamp(self._clock())
            self._store.create(namespace_object(name, str(uuid.uuid4()), now))

    def check_open(self, name: str, pod: str) -> None:
        """Refuse a pod in a namespace that is about to go. Forbidden."""
        namespace = self._store.get(_key(name))
        if namespace is not None and namespace["metadata"].get("deletionTimestamp"):
            raise Forbidden(
                f'pods "{pod}" is forbidden: unable to create new content in namespace {name} '
                "because it is being terminated"
            )

    def create(self, obj: JSON) -> Outcome:
        """Store a new namespace, decoded and valid. AlreadyExists."""
        metadata = obj["metadata"]
        new = namespace_object(metadata["name"], str(uuid.uuid4()), timestamp(self._clock()))
        labels = metadata.get("labels", {}) | new["metadata"]["labels"]
        own = new["metadata"] | {"labels": labels}
        return Outcome(self._store.create(new | {"metadata": metadata | own}))

    async def update(self, obj: JSON) -> Outcome:
        """Store a namespace with other labels or annotations. NotFound; Conflict."""
        return Outcome(self._store.update(obj))

    def delete(self, name: str, uid: str | None = None) -> JSON:
        """Begin the end of a namespace and of all that is in it. NotFound, Conflict, Forbidden."""
        self.check_deletable(name)
        obj = self._store.get(_key(name))
        if obj is None:
            raise not_found(_key(name))
        own = obj["metadata"]["uid"]
        if uid not in (None, own):
            raise Conflict(
                f'cannot delete namespace "{name}": its uid is {own}, not {uid} as asked'
            )
        if not obj["metadata"].get("deletionTimestamp"):
            obj["metadata"]["deletionTimestamp"] = timestamp(self._clock())
            obj["status"] = obj["status"] | {"phase": "Terminating"}
            obj = self._store.update(obj)
            self._begin(name)
        return obj

    def check_deletable(self, name: str) -> None:
        """Raise Forbidden for the namespace that stays."""
        if name == DEFAULT:
            raise Forbidden(
                f'namespaces "{name}" is forbidden: this namespace may not be deleted',
                hint="`minipod delete pods --all` deletes what is in it",
            )

    async def gone(self, name: str) -> None:
        """Wait until a namespace that is about to go is gone."""
        await asyncio.gather(
            *(task for task in self._ends if task.get_name() == _title(name)),
            return_exceptions=True,
        )

    def resume(self) -> None:
        """Go on with what an earlier server began to end."""
        for obj in self._store.list("Namespace"):
            if obj["metadata"].get("deletionTimestamp"):
                self._begin(obj["metadata"]["name"])

    async def close(self) -> None:
        """Let go of what is under way; the next server goes on with it."""
        for task in self._ends:
            task.cancel()
        await asyncio.gather(*self._ends, return_exceptions=True)

    def _begin(self, name: str) -> None:
        task = asyncio.create_task(self._end(name), name=_title(name))
        self._ends.add(task)
        task.add_done_callback(self._ended)

    async def _end(self, name: str) -> None:
        await self._end_pods(name)
        with self._store.transaction(), suppress(NotFound):
            for kind in _GOES_WITH_IT:
                for obj in self._store.list(kind, name):
                    self._store.delete(Key(kind, name, obj["metadata"]["name"]))
            self._store.delete(_key(name))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ends.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("the %s failed", task.get_name(), exc_info=task.exception())


def _title(name: str) -> str:
    return f"end of namespace {name}"


def _key(name: str) -> Key:
    return Key("Namespace", "", name)
