"""What became of the objects of manifests, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from minipod.errors import MinipodError

    JSON = dict[str, Any]

DELETED, FAILED = "deleted", "failed"


class Outcome(NamedTuple):
    """What became of one object.

    `done` is created, configured, unchanged, replaced, or failed: then `error` says why, and `raw`,
    else the object as it is now, is None. One that is replaced by force is deleted before. Where
    only a difference was asked for it is merged; `live` is what is there, if anything is.
    """

    done: str
    raw: JSON | None
    error: MinipodError | None = None
    live: JSON | None = None


def outcomes(lines: Iterable[JSON], warn: Callable[[str], None]) -> Iterator[Outcome]:
    """Yield what the lines of `Api.submit` tell, as they come; `warn` hears the warnings."""
    for line in lines:
        match line["type"]:
            case "WARNING":
                warn(line["message"])
            case "ERROR":
                from minipod.client.wire.statuses import error_from  # noqa: PLC0415 (seldom needed)

                yield Outcome(FAILED, None, error_from(line["status"]))
            case done:
                yield Outcome(done.lower(), line["object"], live=line.get("live"))


def made(found: Iterable[Outcome], kind: str) -> list[JSON]:
    """Return the objects of a kind as they are now; raise the first error when all were tried."""
    every = list(found)
    for outcome in every:
        if outcome.error is not None:
            raise outcome.error
    there = [one.raw for one in every if one.done != DELETED]
    return [raw for raw in there if raw is not None and raw["kind"] == kind]
