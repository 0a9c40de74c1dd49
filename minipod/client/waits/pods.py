"""Waiting for pods as a program does: for a condition of `minipod wait`, or for its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from minipod.client.kinds import PODS
from minipod.client.pod import Pod
from minipod.client.targets import Target
from minipod.client.waits import conditions, waiting
from minipod.errors import NotFound, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minipod.client.api import Api

_LOOK_AGAIN = 0.05


def wait(
    api: Api, pods: Sequence[Pod], condition: str | Callable[[Pod], bool], timeout: float
) -> list[Pod]:
    """Return the pods as they were when the condition held for each.

    `timeout`, in seconds, is for all. TimedOut, when all were looked at, names those that it does
    not hold for. NotFound, and what a condition raises, at once.
    """
    if callable(condition):
        until = time.monotonic() + timeout
        found = [_polled(pod, condition, until) for pod in pods]
    else:
        found = _watched(api, pods, condition, timeout)
    if late := [pod for pod, now in zip(pods, found, strict=True) if now is None]:
        raise _in_vain(late)
    return [now for now in found if now is not None]


def _watched(api: Api, pods: Sequence[Pod], condition: str, timeout: float) -> list[Pod | None]:
    """Wait by watching the server; None for a pod that is late."""
    targets = [Target(PODS, pod.namespace, pod.name) for pod in pods]
    outcomes = waiting.wait(api, targets, conditions.parse(condition), timeout)
    return [_as_it_was(pod, outcome) for pod, outcome in zip(pods, outcomes, strict=True)]


def _as_it_was(pod: Pod, outcome: waiting.Outcome) -> Pod | None:
    if isinstance(outcome.error, TimedOut):
        return None
    if outcome.error is not None:
        raise outcome.error
    return Pod(pod.client, outcome.obj) if outcome.obj else pod


def _polled(pod: Pod, condition: Callable[[Pod], bool], until: float) -> Pod | None:
    """Wait by asking again and again, once at least; None if the pod is late."""
    while True:
        now = pod.refresh()
        if condition(now):
            return now
        if time.monotonic() >= until:
            return None
        time.sleep(_LOOK_AGAIN)


def _in_vain(late: Sequence[Pod]) -> TimedOut:
    names = ", ".join(f"pods/{pod.name}" for pod in late)
    reasons = [_why_not(pod) for pod in late]
    if len(late) > 1:
        reasons = [f"{pod.name}: {why}" for pod, why in zip(late, reasons, strict=True)]
    return TimedOut(f"timed out waiting for the condition on {names}", hint="; ".join(reasons))


def _why_not(pod: Pod) -> str:
    """Return what keeps a pod, or what it looks like now, for who waited in vain."""
    try:
        now = pod.refresh()
    except NotFound:
        return "the pod is gone"
    if now.hints:
        return "; ".join(now.hints)
    lines = [
        f'container "{one.name}" is {one.state}'
        + (f", {one.reason}" if one.reason else "")
        + (f": {one.message}" if one.message else "")
        for one in now.containers
        if not one.ready
    ]
    return "; ".join(lines) or f"the pod is {now.phase}"
