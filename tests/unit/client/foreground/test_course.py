"""What becomes of pods that are followed: what is read next, told, and when all is over."""

from __future__ import annotations

from typing import Any

from minipod.client.foreground.course import Began, Course, Ended, Follow
from minipod.client.foreground.runs import ContainerId, Run

MAIN = ContainerId("u", "main")
RUNNING = {"state": {"running": {}}}


def ended(code: int = 0) -> dict[str, Any]:
    return {"terminated": {"exitCode": code}}


def pod(
    *statuses: dict[str, Any], phase: str = "Running", init: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    return {
        "metadata": {"uid": "u", "name": "web", "namespace": "default"},
        "spec": {"containers": [{"name": one.get("name", "main")} for one in statuses]},
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "main", "restartCount": 0, **one} for one in statuses],
            "initContainerStatuses": [{"name": "init", "restartCount": 0, **one} for one in init],
        },
    }


def made() -> Course:
    return Course(frozenset({"u"}))


def test_a_pod_made_here_is_read_from_its_first_line() -> None:
    assert list(made().seen(pod(RUNNING))) == [Follow(Run(MAIN, 0), fresh=False)]


def test_a_pod_that_was_there_is_read_from_now_on_and_only_if_it_runs() -> None:
    there = pod({"restartCount": 5, **RUNNING, "lastState": ended(1)})
    assert list(Course(frozenset()).seen(there)) == [
        Began(Run(MAIN, 5)),
        Follow(Run(MAIN, 5), fresh=True),
    ]
    assert list(Course(frozenset()).seen(pod({"state": ended(1)}, phase="Failed"))) == []


def test_a_container_that_waits_for_its_start_is_not_read() -> None:
    assert list(made().seen(pod({"state": {"waiting": {}}}))) == []


def test_runs_are_read_one_after_the_other_none_left_out() -> None:
    course = made()
    list(course.seen(pod(RUNNING)))
    later = pod({"restartCount": 2, **RUNNING, "lastState": ended(3)})
    assert list(course.seen(later)) == []  # the first is still being read
    assert list(course.read(Run(MAIN, 0))) == [
        Began(Run(MAIN, 1)),
        Follow(Run(MAIN, 1), fresh=False),
    ]
    assert list(course.read(Run(MAIN, 1)))[-1] == Follow(Run(MAIN, 2), fresh=False)


def test_an_end_is_told_once_and_after_the_last_line() -> None:
    course = made()
    list(course.seen(pod(RUNNING)))
    over = pod({"state": ended(3)}, phase="Failed")
    assert list(course.seen(over)) == []
    assert list(course.read(Run(MAIN, 0))) == [Ended(Run(MAIN, 0), 3, init=False)]
    assert list(course.seen(over)) == []


def test_an_end_that_is_known_after_the_last_line_is_told_then() -> None:
    course = made()
    list(course.seen(pod(RUNNING)))
    assert list(course.read(Run(MAIN, 0))) == []
    backing_off = pod({"state": {"waiting": {}}, "lastState": ended(3)})
    assert list(course.seen(backing_off)) == [Ended(Run(MAIN, 0), 3, init=False)]


def test_all_is_over_when_every_pod_has_ended_and_every_line_is_read() -> None:
    course = made()
    list(course.seen(pod(RUNNING)))
    assert not course.over
    list(course.seen(pod({"state": ended()}, phase="Succeeded")))
    assert not course.over
    list(course.read(Run(MAIN, 0)))
    assert course.over


def test_a_pod_that_somebody_deleted_is_over() -> None:
    course = made()
    list(course.seen(pod(RUNNING)))
    course.gone("u")
    assert not course.over
    list(course.read(Run(MAIN, 0)))
    assert course.over
    assert course.left == set()


def test_the_code_is_1_if_a_pod_failed() -> None:
    for phase, code in (("Succeeded", 0), ("Failed", 1), ("Running", 0)):
        course = made()
        list(course.seen(pod({"state": ended(code)}, phase=phase)))
        assert course.code == code


def test_the_first_end_is_of_a_container_or_of_an_init_container_that_failed() -> None:
    for code, first in ((0, False), (7, True)):
        course = made()
        init = {"state": ended(code)}
        list(course.seen(pod({"state": {"waiting": {}}}, init=(init,))))
        list(course.read(Run(ContainerId("u", "init"), 0)))
        assert (course.first_end is not None) is first


def test_the_last_exit_code_of_a_container_is_known() -> None:
    course = made()
    assert course.last_code(MAIN) is None
    list(course.seen(pod({"restartCount": 3, **RUNNING, "lastState": ended(9)})))
    assert course.last_code(MAIN) == 9
    assert course.last_code(ContainerId("u", "other")) is None


def test_a_pod_that_was_deleted_did_not_fail_by_itself() -> None:
    course = made()
    killed = pod({"state": ended(137)}, phase="Failed")
    killed["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    list(course.seen(killed))
    assert course.code == 0
