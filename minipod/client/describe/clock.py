"""Times as kubectl writes them for people: dates in the reader's zone, ages at the moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.times import parse_timestamp, short_duration

if TYPE_CHECKING:
    from datetime import tzinfo

UNKNOWN = "<unknown>"


class Clock(NamedTuple):
    """When it is for the reader, in seconds since the epoch, and where (None: the local zone)."""

    now: float
    zone: tzinfo | None = None

    def since(self, timestamp: str | None) -> str:
        """Return how long ago a time was."""
        if not timestamp:
            return UNKNOWN
        return short_duration(self.now - parse_timestamp(timestamp))

    def date(self, timestamp: str | None) -> str:
        """Return a time as RFC 1123 has it, with the offset of the reader's zone."""
        if not timestamp:  # Go's zero time
            return "Mon, 01 Jan 0001 00:00:00 +0000"
        return datetime.fromisoformat(timestamp).astimezone(self.zone).strftime(_RFC1123)


_RFC1123 = "%a, %d %b %Y %H:%M:%S %z"
