"""Waiting for objects: by watching, never by asking again and again; a server may restart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.kinds import Where
from minipod.errors import Expired, MinipodError, TimedOut, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.client.api import Api
    from minipod.client.kinds import Kind
    from minipod.client.targets import Target
    from minipod.client.waits.conditions import Condition

    JSON = dict[str, Any]

_WEEK = 7 * 24 * 3600.0
_LISTED, _DELETED = "LISTED", "DELETED"


class Outcome(NamedTuple):
    """What came of one target: the condition holds, or `error` says why it does not.

    `obj` is the object as it was seen last; None: nobody saw one.
    """

    target: Target
    obj: JSON | None = None
    error: MinipodError | None = None


def wait(
    api: Api, targets: Iterable[Target], condition: Condition, timeout: float
) -> Iterator[Outcome]:
    """Wait until a condition holds for each target; yield what came of each, in their order.

    `timeout` is in seconds, for all together: at 0 each is looked at once, and a negative one is a
    week. Errors of an outcome: TimedOut, NotFound, BadRequest from the condition, Unavailable.
    """
    until = deadline(timeout)
    for target in targets:
        try:
            yield Outcome(target, _wait_one(api, target, condition, None if not timeout else until))
        except MinipodError as error:
            yield Outcome(target, error=error)


def wait_any(api: Api, kind: Kind, where: Where, until: float) -> None:
    """Wait until there is an object of a kind. TimedOut once time.monotonic is `until`."""
    for event, obj in _history(api, kind, where, until):
        if event != _DELETED and (event != _LISTED or obj["items"]):
            return
    raise TimedOut("timed out waiting for the condition")


def deadline(timeout: float) -> float:
    """Return when, on time.monotonic's clock, a time-out as of `wait` is over."""
    return time.monotonic() + (_WEEK if timeout < 0 else timeout)


def _wait_one(api: Api, target: Target, condition: Condition, until: float | None) -> JSON | None:
    """Return a target as it was seen last, once the condition holds; `until` None: look once."""
    seen = _seen(api, target, condition)
    if condition.met(seen):
        return seen
    if until is None:
        raise TimedOut(f"condition not met for {target}")
    for state in _states(api, target, seen, until):
        seen = state or seen
        if condition.met(state):
            return seen
    raise TimedOut(f"timed out waiting for the condition on {target}")


def _seen(api: Api, target: Target, condition: Condition) -> JSON | None:
    """Return a target as it is now, from the next server if this one ends while it answers."""
    look = api.find if condition.of_none else api.get
    try:
        return look(target.kind, target.namespace, target.name)
    except Unavailable:
        return look(target.kind, target.namespace, target.name)


def _states(api: Api, target: Target, obj: JSON | None, until: float) -> Iterator[JSON | None]:
    """Yield what becomes of an object until it is `until`; None each time that it is gone."""
    where = Where(target.namespace, fields=f"metadata.name={target.name}")
    kind = {"apiVersion": target.kind.api_version, "kind": target.kind.name}
    uid = obj["metadata"]["uid"] if obj else None
    for event, answer in _history(api, target.kind, where, until):
        new = None if event == _DELETED else answer
        if event == _LISTED:
            new = kind | answer["items"][0] if answer["items"] else None
            if new is not None and uid not in (None, new["metadata"]["uid"]):
                yield None  # it went, and another one came, while nobody watched
        uid = new["metadata"]["uid"] if new else None
        yield new


def _history(api: Api, kind: Kind, where: Where, until: float) -> Iterator[tuple[str, JSON]]:
    """Yield a list, as LISTED, and every event after it; again after a break, until `until`."""
    while True:
        listed = _listed(api, kind, where)
        yield _LISTED, listed
        if time.monotonic() >= until:
            return
        after = listed["metadata"]["resourceVersion"]
        try:
            for event in api.watch(kind, where, after, until=until):
                yield event["type"], event["object"]
        except TimeoutError:
            return
        except (Expired, Unavailable):
            pass  # what was missed meanwhile shows in a list


def _listed(api: Api, kind: Kind, where: Where) -> JSON:
    """Return a list, from the next server if this one ends while it answers."""
    try:
        return api.list_of(kind, where)
    except Unavailable:
        return api.list_of(kind, where)
