"""Which log is meant, and Kubernetes' words where there is none."""

from __future__ import annotations

import pytest

from minipod.errors import BadRequest
from minipod.plan.log_source import LogSource, choose, is_over

RUNNING = {"running": {}}
ENDED = {"terminated": {"exitCode": 1}}
BACKING_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}


def pod(state=None, *, last=None, restarts=0, names=("main",)):
    statuses = [
        {"name": name, "state": state, "lastState": last or {}, "restartCount": restarts}
        for name in names
        if state is not None
    ]
    return {
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": name} for name in names]},
        "status": {"containerStatuses": statuses},
    }


def test_the_only_container_needs_no_name():
    assert choose(pod(RUNNING), "") == LogSource("main", 0, over=False)


def test_several_containers_need_one():
    with pytest.raises(BadRequest) as caught:
        choose(pod(RUNNING, names=("a", "b")), "")
    assert str(caught.value) == (
        "a container name must be specified for pod web, choose one of: [a b]"
    )


def test_an_unknown_container_is_told_with_the_known_ones():
    with pytest.raises(BadRequest, match="container x is not valid for pod web") as caught:
        choose(pod(RUNNING, names=("a", "b")), "x")
    assert caught.value.hint == "choose one of: a, b"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (None, "ContainerCreating"),
        ({"waiting": {"reason": "ContainerCreating"}}, "ContainerCreating"),
        ({"waiting": {"reason": "ImageNotMapped"}}, "ImageNotMapped"),
    ],
)
def test_a_container_that_never_started_has_no_log(state, reason):
    with pytest.raises(BadRequest) as caught:
        choose(pod(state), "main")
    assert str(caught.value) == f'container "main" in pod "web" is waiting to start: {reason}'


def test_the_attempt_is_the_number_of_restarts():
    assert choose(pod(RUNNING, restarts=3), "") == LogSource("main", 3, over=False)
    assert choose(pod(ENDED, restarts=3), "") == LogSource("main", 3, over=True)


def test_a_container_that_waits_for_its_restart_shows_the_attempt_that_ended():
    waiting = pod(BACKING_OFF, last=ENDED, restarts=3)
    assert choose(waiting, "") == LogSource("main", 3, over=True)
    assert choose(waiting, "", previous=True) == LogSource("main", 3, over=True)


def test_the_previous_attempt_of_a_running_container():
    running = pod(RUNNING, last=ENDED, restarts=3)
    assert choose(running, "", previous=True) == LogSource("main", 2, over=True)


def test_without_a_previous_attempt():
    with pytest.raises(BadRequest) as caught:
        choose(pod(RUNNING), "", previous=True)
    assert str(caught.value) == 'previous terminated container "main" in pod "web" not found'


@pytest.mark.parametrize(
    ("later", "over"),
    [
        (pod(RUNNING, restarts=1), False),
        (pod(RUNNING, restarts=2), True),
        (pod(ENDED, restarts=1), True),
        (pod(BACKING_OFF, restarts=1), True),
    ],
)
def test_an_attempt_is_over_when_it_ended_or_another_began(later, over):
    assert is_over(later, LogSource("main", 1, over=False)) is over


def test_a_run_that_is_named_is_meant_and_over_unless_it_runs_now():
    running = pod(RUNNING, restarts=2)
    assert choose(running, "main", attempt=2) == LogSource("main", 2, over=False)
    assert choose(running, "main", attempt=1) == LogSource("main", 1, over=True)
    assert choose(pod(BACKING_OFF, restarts=2), "main", attempt=2).over
