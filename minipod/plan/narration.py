"""Which Events a pod's journal and its status are worth, in the kubelet's words."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from minipod.plan.status import IMAGE_NOT_MAPPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from minipod.model.pod import JSON


class EventType(StrEnum):
    """How serious an event is."""

    NORMAL = "Normal"
    WARNING = "Warning"


class Note(msgspec.Struct, frozen=True):
    """What an Event says; `container` is the one that it is about, None for the pod.

    Notes of one `topic` are one event that counts, and says what the newest of them says; without a
    topic, those of one message.
    """

    type: EventType
    reason: str
    message: str
    container: str | None = None
    topic: str | None = None


def narrate(record: Mapping[str, Any]) -> Note | None:
    """Return the note for a journal record (minipod.sandbox.protocol); None if it is worth none."""
    name = record.get("name")
    match record["event"]:
        case "started":
            return Note(EventType.NORMAL, "Started", f"Started container {name}", name)
        case "failed":
            failure = record["error"]
            message = f"Error: cannot {failure['step']}: {failure['message']}"
            return Note(EventType.WARNING, "Failed", message, name)
        case "warning":
            return Note(EventType.WARNING, "SandboxWarning", record["message"], name)
        case "exited":
            return _back_off(record)
        case _:
            return None


def narrate_status(before: JSON, after: JSON) -> Iterator[Note]:
    """Yield a note for each container that a pod's new status has waiting for its image, anew."""
    known = dict(_unmapped(before))
    for name, message in _unmapped(after):
        if name not in known:
            yield Note(EventType.WARNING, "Failed", f"Error: {message}", name)


def _unmapped(status: JSON) -> Iterator[tuple[str, str]]:
    for container in status.get("containerStatuses", ()):
        waiting = container["state"].get("waiting") or {}
        if waiting.get("reason") == IMAGE_NOT_MAPPED:
            yield container["name"], waiting["message"]


def _back_off(record: Mapping[str, Any]) -> Note | None:
    restart_at = record.get("restart_at")
    if restart_at is None or restart_at - record["time"] < 1:
        return None
    name = record["name"]
    return Note(EventType.WARNING, "BackOff", f"Back-off restarting failed container {name}", name)
