"""Whether a pod is ready, may still become so, or will not. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.views import podview

if TYPE_CHECKING:
    JSON = dict[str, Any]

_HOPELESS = frozenset({"ImageNotMapped", "CrashLoopBackOff", "StartError", "RunContainerError"})


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


def _hopeless(status: JSON) -> bool:
    return any(
        ((one.get("state") or {}).get("waiting") or {}).get("reason") in _HOPELESS
        for one in status.get("containerStatuses") or ()
    )
