"""Events, oldest first: below a pod's description, and as `minipod events` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.client.describe.clock import Clock

    JSON = dict[str, Any]

LIST_HEADER = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def event_lines(events: Iterable[JSON], clock: Clock) -> Iterator[str]:
    """Yield the Events section of a description."""
    ordered = sorted(events, key=lambda event: event.get("lastTimestamp") or "")
    if not ordered:
        yield "Events:\t<none>"
        return
    yield "Events:"
    yield "  Type\tReason\tAge\tFrom\tMessage"
    yield "  ----\t------\t----\t----\t-------"
    for event in ordered:
        source = (event.get("source") or {}).get("component")
        cells = (
            event.get("type", ""),
            event.get("reason", ""),
            interval(event, clock),
            source or event.get("reportingComponent", ""),
            event.get("message", "").strip(),
        )
        yield "  " + "\t".join(cells)


def list_cells(event: JSON, clock: Clock) -> list[str]:
    """Return the cells of an event below LIST_HEADER."""
    involved = event.get("involvedObject") or {}
    return [
        interval(event, clock),
        event.get("type", ""),
        event.get("reason", ""),
        f"{involved.get('kind', '')}/{involved.get('name', '')}",
        event.get("message", "").strip(),
    ]


def last_seen(event: JSON) -> str:
    """Return when an event was seen last: events sort by it."""
    if series := event.get("series"):
        return str(series["lastObservedTime"])
    return event.get("lastTimestamp") or event.get("eventTime") or ""


def interval(event: JSON, clock: Clock) -> str:
    """Return `12s`, or `4s (x3 over 12s)` of an event that was seen again."""
    first = clock.since(event.get("eventTime") or event.get("firstTimestamp"))
    if series := event.get("series"):
        return f"{clock.since(series['lastObservedTime'])} (x{series['count']} over {first})"
    if event.get("count", 0) > 1:
        return f"{clock.since(event.get('lastTimestamp'))} (x{event['count']} over {first})"
    return first


def in_order(events: Iterable[JSON]) -> list[JSON]:
    """Return events as `minipod events` lists them, newest last."""
    return sorted(events, key=last_seen)
