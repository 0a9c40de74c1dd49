"""The columns of a port conflict, from its object: what `minipod conflicts` and kubectl print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.model.times import parse_timestamp, short_duration

if TYPE_CHECKING:
    from minipod.model.pod import JSON

_UNKNOWN = "<unknown>"


class ConflictColumns(NamedTuple):
    """The cells of one row, in their order; None where there is nobody to name."""

    last_seen: str
    times: int
    pod: str
    port: str
    refused: str | None
    held_by: str | None
    rule: str
    message: str


def conflict_columns(conflict: JSON, now: float) -> ConflictColumns:
    """Return the cells of a conflict; `now` in seconds since the epoch."""
    port, protocol = conflict["port"] or _UNKNOWN, conflict["protocol"]
    return ConflictColumns(
        short_duration(now - parse_timestamp(conflict["time"])),
        conflict["count"],
        conflict["pod"],
        f"{port}/{protocol}" if protocol else str(port),
        conflict["wanted"]["container"],
        (conflict["holder"] or {}).get("container"),
        conflict["rule"],
        conflict["explanation"],
    )
