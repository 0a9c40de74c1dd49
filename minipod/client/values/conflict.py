"""A port that somebody did not get."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    JSON = dict[str, Any]


class Party(NamedTuple):
    """One side of a port conflict; None: not known. `since` is known of a holder only."""

    address: str | None
    container: str | None
    pid: int | None
    command: str | None
    since: datetime | None

    @classmethod
    def of(cls, side: JSON) -> Self:
        """Make one from a conflict's `wanted` or `holder`."""
        since = side.get("since")
        return cls(
            side["address"],
            side["container"],
            side["pid"],
            side["command"],
            datetime.fromisoformat(since) if since else None,
        )


class PortConflict(NamedTuple):
    """A port that a process wanted and did not get: who, who had it, and by which rule.

    `explanation` says all of it, and a way out, in a sentence. `times`: how often in a row.
    """

    namespace: str
    pod: str
    port: int | None
    protocol: str | None
    rule: str
    explanation: str
    wanted: Party
    holder: Party | None
    time: datetime
    times: int

    @classmethod
    def of(cls, conflict: JSON) -> Self:
        """Make one from a PortConflict object."""
        holder = conflict["holder"]
        return cls(
            conflict["namespace"],
            conflict["pod"],
            conflict["port"],
            conflict["protocol"],
            conflict["rule"],
            conflict["explanation"],
            Party.of(conflict["wanted"]),
            Party.of(holder) if holder else None,
            datetime.fromisoformat(conflict["time"]),
            conflict["count"],
        )
