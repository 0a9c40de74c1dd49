"""Waiting until pods are ready and stay so, or will not become so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from minipod.client.foreground.readiness import (
    Faltered,
    Settled,
    Verdict,
    is_young,
    restarts,
    verdict,
)
from minipod.client.waits import waiting
from minipod.client.waits.waiting import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from minipod.client.api import Api
    from minipod.client.targets import Target

    JSON = dict[str, Any]

_STAYS = 0.5
"""Seconds that a pod has to stay ready: a program that cannot run at all, for its file or its
module is not there say, has ended by then, though it was running when it was looked at."""


def settle(api: Api, targets: Sequence[Target], timeout: float) -> Iterator[Outcome]:
    """Yield what came of each pod, once it has stayed ready or will not be; in any order.

    `timeout` as of `waiting.wait`; at 0 a look has to do. One that falters is waited for again.
    """
    until = waiting.deadline(timeout)
    left = list(targets)
    while left:
        ready: dict[Target, JSON] = {}
        for outcome in waiting.wait(api, left, Settled(), _remaining(until)):
            if timeout and _may_falter(outcome):
                assert outcome.obj is not None
                ready[outcome.target] = outcome.obj
            else:
                yield outcome
        left = []
        stays_until = time.monotonic() + _STAYS
        for target, pod in ready.items():
            if _falters(api, target, pod, stays_until):
                left.append(target)
            else:
                yield Outcome(target, pod)


def _may_falter(outcome: Outcome) -> bool:
    pod = outcome.obj
    return pod is not None and verdict(pod) is Verdict.READY and is_young(pod, time.time())


def _falters(api: Api, target: Target, pod: JSON, until: float) -> bool:
    """Wait until then; return whether the pod was not ready all the time."""
    condition = Faltered(restarts(pod))
    (outcome,) = waiting.wait(api, [target], condition, _remaining(until))
    return outcome.error is None


def _remaining(until: float) -> float:
    return max(until - time.monotonic(), 0)
