"""Events: what happened to pods and the node, as Kubernetes objects (client-go: tools/record)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.model.times import parse_timestamp, timestamp
from minipod.store.protocol import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.model.pod import JSON
    from minipod.plan.narration import Note
    from minipod.store.protocol import Store

LIFETIME = 3600.0
"""Seconds that an event is kept (kube-apiserver: --event-ttl)."""

COMPONENT = "minipod"
NAMESPACE = "default"
"""Where the events of objects without a namespace are, as client-go has it."""


class Events:
    """Writes events; the same one again only counts up."""

    def __init__(self, store: Store, clock: Callable[[], float], host: str) -> None:
        self._store = store
        self._clock = clock
        self._host = host
        self._known: dict[tuple[str, str, str, str | None], Key] = {}
        self._next_sweep = 0.0
        self._newest = 0

    def record(self, obj: JSON, note: Note, times: int = 1) -> None:
        """Write a note about an object, or count the event that tells of the same already."""
        self._sweep()
        meta = obj["metadata"]
        same = (meta["uid"], note.reason, note.topic or note.message, note.container)
        event = self._store.get(self._known[same]) if same in self._known else None
        now = timestamp(self._clock())
        if event is not None:
            again = {"count": event["count"] + times, "lastTimestamp": now}
            self._store.update(event | again | {"message": note.message})
            return
        event = self._new(obj, note, now, times)
        self._store.create(event)
        self._known[same] = Key("Event", event["metadata"]["namespace"], event["metadata"]["name"])

    def _new(self, obj: JSON, note: Note, now: str, times: int) -> JSON:
        meta = obj["metadata"]
        about = {
            "apiVersion": "v1",
            "kind": obj["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
        }
        if "namespace" in meta:
            about["namespace"] = meta["namespace"]
        if note.container is not None:
            about["fieldPath"] = f"spec.containers{{{note.container}}}"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{meta['name']}.{self._stamp():x}",
                "namespace": meta.get("namespace", NAMESPACE),
                "creationTimestamp": now,
            },
            "involvedObject": about,
            "type": note.type.value,
            "reason": note.reason,
            "message": note.message,
            "source": {"component": COMPONENT, "host": self._host},
            "reportingComponent": COMPONENT,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": times,
        }

    def _stamp(self) -> int:
        """Return what ends an event's name: nanoseconds, by which a pod's events sort by name."""
        self._newest = max(int(self._clock() * 1e9), self._newest + 1)
        return self._newest

    def _sweep(self) -> None:
        """Drop what is older than LIFETIME; looks once a minute, so a burst pays for one look."""
        now = self._clock()
        if now < self._next_sweep:
            return
        self._next_sweep = now + 60
        for event in self._store.list("Event"):
            if parse_timestamp(event["lastTimestamp"]) < now - LIFETIME:
                meta = event["metadata"]
                self._store.delete(Key("Event", meta["namespace"], meta["name"]))
        self._known = {same: key for same, key in self._known.items() if self._store.get(key)}
