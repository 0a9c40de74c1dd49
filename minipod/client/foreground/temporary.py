"""A pod that goes when we do: whatever ends us, but SIGKILL, it is removed first."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from minipod.client.foreground.undoing import begin
from minipod.client.kinds import PODS
from minipod.client.streams.ending import EndedBySignal, ended_by_signals
from minipod.client.targets import Target
from minipod.client.waits import deletion
from minipod.client.waits.patience import patiently
from minipod.errors import AlreadyExists, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from minipod.client.api import Api
    from minipod.client.streams.ending import Ending

    JSON = dict[str, Any]

T = TypeVar("T")

_AT_ONCE = 0


class Teller(Protocol):
    """Who says what becomes of the pod."""

    def deleted(self, pod: JSON) -> None:
        """Say that it ends."""

    def until_gone(self, pods: list[JSON]) -> AbstractContextManager[set[str]]:
        """Say within whose end is waited for: their uids are in the set that this gives."""

    def stays(self, pod: JSON) -> None:
        """Say that nobody waited for its end."""


class Temporary(NamedTuple):
    """A pod to create, and how many seconds its programs may take to end; None: as it says."""

    namespace: str
    wanted: JSON
    grace: int | None = None


def temporarily(api: Api, temporary: Temporary, stay: Callable[[JSON], T], teller: Teller) -> T:
    """Create a pod, return what `stay` does with it, and remove it before.

    A signal ends `stay`; one more kills the programs, and a third leaves the pod to itself. Then
    EndedBySignal. While the server creates, signals wait: its answer tells what to remove.
    """
    with ended_by_signals() as ending:
        pod = _create(api, temporary.namespace, temporary.wanted)
        try:
            return ending.during(lambda: stay(pod))
        finally:
            _remove(api, pod, temporary.grace, ending, teller)


def _create(api: Api, namespace: str, wanted: JSON) -> JSON:
    """Create a pod, also if the server ends meanwhile: then it may have been created, or not."""
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        return api.create(PODS, namespace, wanted)
    except Unavailable:
        try:
            return patiently(lambda: api.create(PODS, namespace, wanted))
        except AlreadyExists:
            there = api.find(PODS, namespace, wanted["metadata"]["name"])
            if there is None or not _is_of(there, wanted, began):
                raise
            return there


def _is_of(pod: JSON, wanted: JSON, began: str) -> bool:
    """Return whether a pod was made since then, and as it was wanted; times are of RFC 3339."""
    there, ours = pod["spec"]["containers"][0], wanted["spec"]["containers"][0]
    same = all(there.get(field) == ours.get(field) for field in ("command", "image", "env"))
    return same and str(pod["metadata"]["creationTimestamp"]) >= began


def _remove(api: Api, pod: JSON, grace: int | None, ending: Ending, teller: Teller) -> None:
    """Remove the pod: gracefully, and at the next signal at once. EndedBySignal if one came."""
    metadata = pod["metadata"]
    target = Target(PODS, metadata["namespace"], metadata["name"], metadata["uid"])

    def end_gracefully() -> None:
        gone = [there for _, there in begin(api, [target], grace)]
        for one in gone:
            with suppress(OSError):  # nobody is there to be told
                teller.deleted(one)
        with teller.until_gone(gone) as left:
            deletion.wait(api, gone, left)

    def kill() -> None:
        deletion.wait(api, [there for _, there in begin(api, [target], _AT_ONCE)])

    for end in (end_gracefully, kill):
        with suppress(EndedBySignal):
            ending.during(end)
            break
    else:
        with suppress(OSError):
            teller.stays(pod)
    if ending.last:
        raise EndedBySignal(ending.last)
