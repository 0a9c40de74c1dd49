"""What refused ports mean for a pod: its condition PortsFree, and why a container ended.

A refusal stands for as long as somebody still wants the port in vain; one that is over stays in
the list of conflicts, and says nothing of the pod any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from minipod.model.observed import Attempt, ContainerFacts, History
    from minipod.model.pod import JSON

PORTS_FREE = "minipod.dev/PortsFree"
"""The type of the condition."""

SETTLED_AFTER = 10.0
"""Seconds that a restarted container must run before its last attempt's refusal is over."""

_ROUNDING = 1e-6
"""Seconds. A refusal's time is kept in whole microseconds, and may be rounded up."""

_GAVE_UP_WITHIN = 10.0
"""Seconds between a refusal and the end of its container that it is given as the reason of."""


class Refusal(msgspec.Struct, frozen=True):
    """A port that a container's process did not get.

    `time` is in seconds since the epoch, `pid` None where it was not seen. `alive`: the process
    still runs, and may still want it. `over`: its container has got the port since.
    """

    container: str
    pid: int | None
    protocol: str | None
    port: int | None
    time: float
    explanation: str
    alive: bool = False
    over: bool = False


def ports_free(refusals: Sequence[Refusal], history: History, now: float) -> JSON:
    """Return the condition: False while a refusal stands, with the newest one's explanation."""
    standing = [each for each in refusals if _stands(each, history, now)]
    if not standing:
        return {"type": PORTS_FREE, "status": "True"}
    newest = max(standing, key=lambda refusal: refusal.time)
    condition: dict[str, Any] = {"type": PORTS_FREE, "status": "False", "reason": "PortConflict"}
    return condition | {"message": newest.explanation}


def settles_at(refusals: Iterable[Refusal], history: History, now: float) -> float | None:
    """Return when a refusal that stands will be over by itself; None if none will."""
    times = []
    for refusal in refusals:
        facts = history.containers.get(refusal.container)
        if facts and facts.current.running and refusal.time < facts.current.started:
            times.append(facts.current.started + SETTLED_AFTER)
    return min((time for time in times if time > now), default=None)


def reason_of(attempt: Attempt, container: str, refusals: Iterable[Refusal]) -> str | None:
    """Return the refusal that ended an attempt, in words; None if it was none.

    It is the last one of the attempt's first process, or of another one shortly before the end.
    """
    if attempt.finished is None or attempt.code == 0 or attempt.signal:
        return None
    end = attempt.finished
    fatal = [
        refusal
        for refusal in refusals
        if refusal.container == container
        and attempt.started <= refusal.time <= end + _ROUNDING
        and (refusal.pid == attempt.pid or end - refusal.time <= _GAVE_UP_WITHIN)
    ]
    return fatal[-1].explanation if fatal else None


def _stands(refusal: Refusal, history: History, now: float) -> bool:
    facts = history.containers.get(refusal.container)
    return not refusal.over and (facts is None or _stands_for(refusal, facts, now))


def _stands_for(refusal: Refusal, facts: ContainerFacts, now: float) -> bool:
    current = facts.current
    if refusal.time >= current.started:
        return refusal.alive if current.running else current.code != 0
    return current.running and now < current.started + SETTLED_AFTER
