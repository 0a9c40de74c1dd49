"""Waiting for the begin and the end of a pod that somebody stays attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.kinds import PODS
from minipod.client.targets import Target
from minipod.client.views import podview
from minipod.client.waits import waiting
from minipod.errors import TimedOut

if TYPE_CHECKING:
    from minipod.client.api import Api
    from minipod.client.waits.conditions import Condition
    from minipod.client.waits.waiting import Outcome

    JSON = dict[str, Any]

_ENDED = frozenset({"Succeeded", "Failed"})


class Begun(NamedTuple):
    """A container was started, or its pod has ended without: a condition to wait for."""

    container: str
    of_none: bool = False

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds."""
        return obj is not None and (podview.has_run(obj, self.container) or Ended().met(obj))


class Ended(NamedTuple):
    """The pod will run nothing any more: a condition to wait for."""

    of_none: bool = False

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds."""
        return obj is not None and (obj.get("status") or {}).get("phase") in _ENDED


def begun(api: Api, pod: JSON, container: str, timeout: float) -> JSON:
    """Return a pod once one of its containers was started, within `timeout` seconds.

    NotFound if it is deleted before; TimedOut says what the container waits for.
    """
    condition = Begun(container)
    if condition.met(pod):
        return pod
    outcome = _outcome(api, pod, condition, timeout)
    if isinstance(outcome.error, TimedOut):
        metadata = pod["metadata"]
        now = api.pod(metadata["namespace"], metadata["name"])
        why = podview.unplaced(now) or podview.why_not_running(now, container)
        raise TimedOut(
            f'timed out waiting for the condition: container "{container}" of pod '
            f'"{metadata["name"]}" is not running: {why}'
        )
    return _object(outcome)


def ended(api: Api, pod: JSON, timeout: float) -> JSON:
    """Return a pod once it has ended, within `timeout` seconds.

    NotFound if it is deleted before, TimedOut.
    """
    return _object(_outcome(api, pod, Ended(), timeout))


def _outcome(api: Api, pod: JSON, condition: Condition, timeout: float) -> Outcome:
    metadata = pod["metadata"]
    target = Target(PODS, metadata["namespace"], metadata["name"])
    (outcome,) = waiting.wait(api, [target], condition, timeout)
    return outcome


def _object(outcome: Outcome) -> JSON:
    if outcome.error is not None:
        raise outcome.error
    assert outcome.obj is not None
    return outcome.obj


class Termination(NamedTuple):
    """How a container ended: its exit code, and Kubernetes' reason and message."""

    exit_code: int
    reason: str
    message: str


def termination(pod: JSON, container: str) -> Termination:
    """Return how a container ended; with code 1 and as an Error if nobody knows it."""
    for one in pod["status"].get("containerStatuses", ()):
        told = one.get("state", {}).get("terminated")
        if one["name"] == container and told is not None:
            reason = told.get("reason", "Error")
            return Termination(int(told["exitCode"]), reason, told.get("message", ""))
    return Termination(1, "Error", "")
