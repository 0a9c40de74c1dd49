"""Whether a pod is ready, may still become so, or will not. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.views import podview
from minipod.model.times import parse_timestamp

if TYPE_CHECKING:
    JSON = dict[str, Any]

_HOPELESS = frozenset({"ImageNotMapped", "CrashLoopBackOff", "StartError", "RunContainerError"})
_YOUNG = 2.0  # seconds


class Verdict(Enum):
    """How far a pod is."""

    READY = "it is ready, or has done its work"
    WAITS = "it may become ready"
    FAILED = "it does not become ready by itself"


class Settled(NamedTuple):
    """What `--detach` waits for: the pod is ready, or will not be."""

    of_none: bool = False

    def met(self, obj: JSON | None) -> bool:
        """Return whether there is nothing more to wait for; None: the pod is gone."""
        return obj is None or verdict(obj) is not Verdict.WAITS


class Faltered(NamedTuple):
    """A pod that was ready, with so many restarts, is not any more, or has restarted since."""

    restarts: int
    of_none: bool = True

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds; None: the pod is gone."""
        return obj is None or verdict(obj) is not Verdict.READY or restarts(obj) > self.restarts


def restarts(pod: JSON) -> int:
    """Return how often containers of a pod have been started again."""
    return sum(one.get("restartCount", 0) for one in _statuses(pod))


def is_young(pod: JSON, now: float) -> bool:
    """Return whether a container began so lately that it may still be about to fail at once.

    A status tells whole seconds, so a younger one than two seconds may have begun just now.
    """
    begun = (one.get("state", {}).get("running", {}).get("startedAt") for one in _statuses(pod))
    return any(now - parse_timestamp(at) < _YOUNG for at in begun if at)


def verdict(pod: JSON) -> Verdict:
    """Return how far a pod is."""
    status = pod.get("status") or {}
    if status.get("phase") == "Failed":
        return Verdict.FAILED
    ready = any(
        one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or ()
    )
    if ready or status.get("phase") == "Succeeded":
        return Verdict.READY
    return Verdict.FAILED if _hopeless(status) else Verdict.WAITS


def why_not(pod: JSON) -> str:
    """Return why a pod is not ready, in one line."""
    if unplaced := podview.unplaced(pod):
        return unplaced
    status = pod.get("status") or {}
    unready = [
        one["name"]
        for one in (status.get("initContainerStatuses") or [])
        + (status.get("containerStatuses") or [])
        if not one.get("ready")
    ]
    told = [f'container "{name}": {podview.why_not_running(pod, name)}' for name in unready]
    return "; ".join(told) or f"the pod is {status.get('phase', 'Pending')}"


def _statuses(pod: JSON) -> list[JSON]:
    return (pod.get("status") or {}).get("containerStatuses") or []


def _hopeless(status: JSON) -> bool:
    return any(
        ((one.get("state") or {}).get("waiting") or {}).get("reason") in _HOPELESS
        for one in status.get("containerStatuses") or ()
    )
