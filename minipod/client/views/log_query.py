"""Which part of a log is wanted."""

from __future__ import annotations

from typing import NamedTuple


class LogQuery(NamedTuple):
    """Which part of a container's log: of its newest run, or of the run `attempt`.

    `since_time` is an RFC 3339 time.
    """

    container: str
    follow: bool = False
    tail: int | None = None
    since_seconds: int | None = None
    timestamps: bool = False
    previous: bool = False
    attempt: int | None = None
    since_time: str | None = None
