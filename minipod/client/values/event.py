"""Something that happened."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    JSON = dict[str, Any]


class Event(NamedTuple):
    """Something that happened to an object; `type` is "Normal" or "Warning".

    `about` is the object's name, in `namespace`; `times` how often it happened until `last_seen`.
    """

    namespace: str
    type: str
    reason: str
    message: str
    about: str
    times: int
    last_seen: datetime | None

    @classmethod
    def of(cls, event: JSON) -> Self:
        """Make one from an Event object."""
        series = event.get("series") or {}
        seen = series.get("lastObservedTime") or event.get("lastTimestamp")
        seen = seen or event.get("eventTime")
        return cls(
            event["involvedObject"].get("namespace", ""),
            event.get("type", ""),
            event.get("reason", ""),
            event.get("message", ""),
            event["involvedObject"].get("name", ""),
            series.get("count") or event.get("count") or 1,
            datetime.fromisoformat(seen) if seen else None,
        )
