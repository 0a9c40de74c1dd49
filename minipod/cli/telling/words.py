"""The words of what is waited for: how many are left of how many, which, and how long. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    JSON = Mapping[str, Any]

_NAMED = 3


def made(count: int, total: int | None, done: str, seconds: float) -> str:
    """Return `12/50 created (3s)`; without the total as long as nobody knows it."""
    of = f"{count}/{total}" if total is not None else str(count)
    return f"{of} {done} ({seconds:.0f}s)"


def awaited(left: Sequence[str], total: int, what: str, seconds: float) -> str:
    """Return `waiting for 7 of 50 to be ready: web-3, web-4, web-5… (12s)`."""
    return f"{_waiting(left, total, what)} ({seconds:.0f}s)"


def ending(left: Sequence[JSON], total: int, now: float) -> str:
    """Return which objects, by their metadata, are to end, and how long they may take yet."""
    from minipod.model.times import parse_timestamp

    words = _waiting([metadata["name"] for metadata in left], total, " to end")
    told = [each["deletionTimestamp"] for each in left if "deletionTimestamp" in each]
    deadlines = [parse_timestamp(one) for one in told]
    grace = max((deadline - now for deadline in deadlines), default=0.0)
    return f"{words} ({grace:.0f} s left of their grace)" if grace >= 1 else words


def _waiting(names: Sequence[str], total: int, what: str) -> str:
    shown = ", ".join(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")
    of = f"{len(names)} of {total}" if total > 1 else str(total)
    return f"waiting for {of}{what}: {shown}"
