"""Whether a pod is ready, may become so, or will not."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.client.foreground.readiness import (
    Faltered,
    Settled,
    Verdict,
    is_young,
    verdict,
    why_not,
)


def pod(phase: str = "Running", ready: str = "False", **state: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"name": "main", "ready": ready == "True", "state": state}],
        },
    }


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (pod(ready="True", running={}), Verdict.READY),
        (pod("Succeeded", terminated={"exitCode": 0}), Verdict.READY),
        (pod("Failed", terminated={"exitCode": 1}), Verdict.FAILED),
        (pod(waiting={"reason": "CrashLoopBackOff"}), Verdict.FAILED),
        (pod("Pending", waiting={"reason": "ImageNotMapped"}), Verdict.FAILED),
        (pod("Pending", waiting={"reason": "ContainerCreating"}), Verdict.WAITS),
        ({"metadata": {}}, Verdict.WAITS),
    ],
)
def test_how_far_a_pod_is(given: dict[str, Any], wanted: Verdict) -> None:
    assert verdict(given) is wanted
    assert Settled().met(given) is (wanted is not Verdict.WAITS)


def test_a_pod_that_is_gone_is_not_waited_for() -> None:
    assert Settled().met(None)


def test_why_a_pod_is_not_ready() -> None:
    waits = pod(waiting={"reason": "ImageNotMapped", "message": "map it"})
    assert why_not(waits) == 'container "main": ImageNotMapped: map it'
    unplaced = {"type": "PodScheduled", "status": "False", "message": "no address is free"}
    assert why_not({"status": {"conditions": [unplaced]}}) == "no address is free"
    assert why_not({}) == "the pod is Pending"


def test_a_pod_falters_that_is_not_ready_any_more_or_has_begun_again() -> None:
    ready = pod(ready="True", running={})
    again = pod(ready="True", running={})
    again["status"]["containerStatuses"][0]["restartCount"] = 1
    assert not Faltered(0).met(ready)
    assert not Faltered(1).met(again)
    assert Faltered(0).met(again)
    assert Faltered(0).met(pod(terminated={"exitCode": 1}))
    assert Faltered(0).met(None)


def test_one_that_began_just_now_is_young_and_one_that_has_ended_is_not() -> None:
    began = pod(ready="True", running={"startedAt": "2026-01-02T03:04:05Z"})
    at = 1767323045.0
    assert [is_young(began, at + seconds) for seconds in (0, 1.9, 2)] == [True, True, False]
    assert not is_young(pod("Succeeded", terminated={"exitCode": 0}), at)
