"""What a pod's status says."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
from msgspec.structs import replace

from minipod.model.times import timestamp
from minipod.plan.lifecycle import PodFacts, SandboxState
from minipod.plan.status import Surroundings, status
from tests.support.documented import untold

from .pods import exited, history, living, pod, started

NOW = 1000.0
PLACE = Surroundings(IPv4Address("10.244.0.2"), IPv4Address("10.244.255.2"))


def told(facts: PodFacts, around: Surroundings = PLACE, old: Any = None) -> Any:
    """Return a status, of which `explain` tells that minipod sets all that is in it."""
    result = status(old or {}, facts, around, NOW)
    assert untold({"kind": "Pod", "status": result}) == []
    return result


def conditions(result: Any) -> dict[str, str]:
    return {each["type"]: each["status"] for each in result["conditions"]}


@pytest.mark.parametrize(
    ("policy", "codes", "phase"),
    [
        ("Always", {"a": 0, "b": 1}, "Running"),
        ("OnFailure", {"a": 0, "b": 1}, "Running"),
        ("OnFailure", {"a": 0, "b": 0}, "Succeeded"),
        ("Never", {"a": 0, "b": 0}, "Succeeded"),
        ("Never", {"a": 0, "b": 1}, "Failed"),
        ("Never", {"a": 0}, "Pending"),
    ],
)
def test_the_phase_follows_codes_and_policy(policy: str, codes: dict[str, int], phase: str) -> None:
    records = [
        record
        for name, code in codes.items()
        for record in (started(name), exited(name, code=code))
    ]
    assert told(living(pod("a", "b", policy=policy), history(*records)))["phase"] == phase


def test_a_pod_runs_when_all_its_containers_do() -> None:
    result = told(living(pod("a", "b"), history(started("a"), started("b"))))
    assert result["phase"] == "Running"
    assert set(conditions(result).values()) == {"True"}
    assert result["podIP"] == "10.244.0.2"
    assert result["podIPs"] == [{"ip": "10.244.0.2"}]
    assert result["hostIP"] == "10.244.255.2"
    assert result["startTime"] == timestamp(NOW)


def test_conditions_stand_in_the_kubelets_order() -> None:
    assert list(conditions(told(living(pod())))) == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
        "minipod.dev/PortsFree",
    ]


def test_a_pod_without_a_place_says_why_and_nothing_else() -> None:
    around = Surroundings(unschedulable="0/1 nodes are available: 1 Too many pods.")
    result = told(
        living(pod(), has_address=False, sandbox=SandboxState.ABSENT, wired=False), around
    )
    assert result["phase"] == "Pending"
    assert "containerStatuses" not in result
    (condition,) = result["conditions"]
    assert condition["reason"] == "Unschedulable"
    assert "Too many pods" in condition["message"]


def test_an_unmapped_image_says_both_ways_out() -> None:
    facts = living(pod(command=[], image="web:1"))
    (container,) = told(facts)["containerStatuses"]
    waiting = container["state"]["waiting"]
    assert waiting["reason"] == "ImageNotMapped"
    assert "minipod image map web:1 -- COMMAND" in waiting["message"]
    assert "give the container a command" in waiting["message"]


def test_trouble_with_the_sandbox_is_told() -> None:
    facts = living(pod(), sandbox=SandboxState.ABSENT, wired=False)
    (container,) = told(facts, Surroundings(trouble="cannot fork: no memory"))["containerStatuses"]
    assert container["state"]["waiting"] == {
        "reason": "ContainerCreating",
        "message": "cannot fork: no memory",
    }


def test_a_container_that_waits_for_its_restart_is_in_crash_loop_back_off() -> None:
    past = history(
        started(time=900),
        exited(time=990, restart_at=990),
        started(attempt=1, time=990),
        exited(attempt=1, time=995, restart_at=1005.0),
    )
    (container,) = told(living(pod(), past))["containerStatuses"]
    assert container["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": "back-off 10s restarting failed container=app pod=web_default(u-1)",
    }
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert container["restartCount"] == 1


def test_a_container_that_ended_says_how() -> None:
    (container,) = told(
        living(pod(policy="Never"), history(started(time=100), exited(time=110, code=143)))
    )["containerStatuses"]
    assert container["state"]["terminated"] == {
        "containerID": "minipod://app-0",
        "exitCode": 143,
        "signal": 15,
        "reason": "Error",
        "startedAt": timestamp(100),
        "finishedAt": timestamp(110),
    }


def test_a_start_error_has_its_step_and_code_128() -> None:
    error = {"step": 'execute "nope"', "errno": 2, "message": "No such file or directory"}
    record = started() | {"event": "failed", "error": error}
    (container,) = told(living(pod(policy="Never"), history(record)))["containerStatuses"]
    ended = container["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
    assert ended["message"] == 'cannot execute "nope": No such file or directory'


def test_times_of_conditions_move_only_when_the_condition_does() -> None:
    facts = living(pod(), history(started()))
    first = status({}, facts, PLACE, 1000.0)
    second = status(first, facts, PLACE, 2000.0)
    assert second == first
    lost = living(pod(), history(started()), sandbox=SandboxState.LOST, wired=False)
    third = {each["type"]: each for each in status(second, lost, PLACE, 3000.0)["conditions"]}
    assert third["Ready"]["lastTransitionTime"] == timestamp(3000)
    assert third["Initialized"]["lastTransitionTime"] == timestamp(1000)


def test_a_terminal_phase_never_changes_back() -> None:
    old = {"phase": "Succeeded"}
    assert told(living(pod(), history(started()), finished=True), old=old) is old


def test_a_pod_past_its_deadline_has_failed_once_nothing_runs() -> None:
    limited = pod(policy="Never")
    limited = replace(limited, spec=replace(limited.spec, active_deadline_seconds=60))
    runs = living(limited, history(started()), since=NOW - 60)
    assert told(runs)["phase"] == "Running"
    result = told(replace(runs, history=history(started(), exited(code=143))))
    assert (result["phase"], result["reason"]) == ("Failed", "DeadlineExceeded")
    assert result["message"] == "Pod was active on the node longer than the specified deadline"
    assert conditions(result)["Ready"] == "False"
    in_time = replace(runs, history=history(started(), exited(code=0)), since=NOW - 59)
    assert told(in_time)["phase"] == "Succeeded"


def test_a_container_between_two_images_waits_and_its_pod_runs() -> None:
    ended = history(started(image="x:1"), exited(code=143))
    new = pod(image="x:2", policy="Never")
    result = told(living(new, ended, replaced=frozenset({"app"})))
    (container,) = result["containerStatuses"]
    assert result["phase"] == "Running"
    assert container["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert container["lastState"]["terminated"]["exitCode"] == 143
    unmapped = replace(living(new, ended, replaced=frozenset({"app"})), processes={"app": None})
    (container,) = told(unmapped)["containerStatuses"]
    assert container["state"]["waiting"]["reason"] == "ImageNotMapped"
