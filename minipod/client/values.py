"""What a `Client` answers with: frozen values, made from the server's JSON.

Words of Kubernetes and of minipod (a phase, a reason, a rule, a mark) are plain strings: a newer
server may know more of them than this module does.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    JSON = dict[str, Any]


class Completed(NamedTuple):
    """How a command ended, and what it wrote; bytes that are no UTF-8 become a backslash and hex.

    `exit_code` is 128 + N if signal N ended it.
    """

    exit_code: int
    stdout: str
    stderr: str


class Container(NamedTuple):
    """A container as it is now.

    `state` is "waiting", "running" or "terminated", with `reason` and `message` as Kubernetes has
    them; `exit_code` is that of the last end, None before it.
    """

    name: str
    state: str
    ready: bool
    restarts: int
    reason: str | None
    message: str | None
    exit_code: int | None

    @classmethod
    def of(cls, name: str, status: JSON) -> Self:
        """Make one from an entry of `containerStatuses`; an empty one if there is none yet."""
        state, told = next(iter((status.get("state") or {"waiting": {}}).items()))
        ended = told if state == "terminated" else status.get("lastState", {}).get("terminated", {})
        return cls(
            name,
            state,
            status.get("ready", False),
            status.get("restartCount", 0),
            told.get("reason"),
            told.get("message"),
            ended.get("exitCode"),
        )


class Port(NamedTuple):
    """A port that somebody listens on or declares: a row of `minipod ports`.

    `pid` (the machine's number) and `command` are None where nobody listens. `marks` are words of
    docs/conflicts.md, "Declared", "Silent" for two; `note` says what to do, None if all is well.
    """

    pod: str
    container: str | None
    protocol: str
    address: str | None
    port: int
    pid: int | None
    command: str | None
    declared: bool
    marks: tuple[str, ...]
    note: str | None

    @property
    def listening(self) -> bool:
        """Whether somebody listens."""
        return self.address is not None

    @classmethod
    def of(cls, row: JSON) -> Self:
        """Make one from a row as the server has it."""
        fields = {name: row[name] for name in cls._fields}
        return cls(**(fields | {"marks": tuple(row["marks"])}))


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


class Event(NamedTuple):
    """Something that happened to an object; `type` is "Normal" or "Warning".

    `about` is the object's name, `times` how often it happened until `last_seen`.
    """

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
            event.get("type", ""),
            event.get("reason", ""),
            event.get("message", ""),
            event["involvedObject"].get("name", ""),
            series.get("count") or event.get("count") or 1,
            datetime.fromisoformat(seen) if seen else None,
        )
