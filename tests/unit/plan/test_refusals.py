"""A refused port is a condition of the pod while somebody wants it, and the reason of an end."""

from __future__ import annotations

from typing import Any

from minipod.plan.refusals import Refusal, ports_free, reason_of, settles_at
from minipod.plan.status import Surroundings

from .pods import exited, history, living, pod, started
from .test_status import told as status_of


def refusal(time: float = 105.0, **changes: Any) -> Refusal:
    fields = {"container": "app", "pid": 7, "protocol": "TCP", "port": 80, "time": time}
    return Refusal(**{**fields, "explanation": f"refused at {time:g}", **changes})


def is_free(*refusals: Refusal, past: Any, now: float = 106.0) -> bool:
    return ports_free(refusals, past, now)["status"] == "True"


def test_nobody_was_refused_anything() -> None:
    assert ports_free((), history(started()), 106.0) == {
        "type": "minipod.dev/PortsFree",
        "status": "True",
    }


def test_the_newest_refusal_is_told() -> None:
    both = (refusal(104, alive=True), refusal(105, alive=True))
    assert ports_free(both, history(started()), 106.0) == {
        "type": "minipod.dev/PortsFree",
        "status": "False",
        "reason": "PortConflict",
        "message": "refused at 105",
    }


def test_a_refusal_stands_while_its_process_lives() -> None:
    assert not is_free(refusal(alive=True), past=history(started()))


def test_a_process_that_gave_up_in_a_container_that_runs_on_wants_nothing_more() -> None:
    assert is_free(refusal(alive=False), past=history(started()))


def test_a_container_that_failed_after_it_still_wants_the_port() -> None:
    assert not is_free(refusal(), past=history(started(), exited(restart_at=200)), now=150)


def test_a_container_that_ended_well_wants_nothing_more() -> None:
    assert is_free(refusal(), past=history(started(), exited(code=0)), now=150)


def test_a_refusal_before_the_journal_tells_of_the_container_stands() -> None:
    assert not is_free(refusal(), past=history())


def test_a_restarted_container_gets_ten_seconds_to_be_refused_again() -> None:
    past = history(started(), exited(), started(attempt=1, time=120))
    assert not is_free(refusal(), past=past, now=129)
    assert settles_at([refusal()], past, 129) == 130
    assert is_free(refusal(), past=past, now=130)
    assert settles_at([refusal()], past, 130) is None


def test_who_got_the_port_after_all_is_content() -> None:
    assert is_free(refusal(alive=True, over=True), past=history(started()))


def test_the_refusal_of_the_first_process_is_why_its_container_ended() -> None:
    past = history(started(), exited(time=1000)).containers["app"].current
    assert reason_of(past, "app", [refusal(time=105)]) == "refused at 105"


def test_another_process_s_refusal_is_the_reason_if_the_end_is_near() -> None:
    past = history(started(), exited(time=110)).containers["app"].current
    assert reason_of(past, "app", [refusal(time=105, pid=8)]) == "refused at 105"
    assert reason_of(past, "app", [refusal(time=99, pid=8)]) is None
    late = history(started(), exited(time=1000)).containers["app"].current
    assert reason_of(late, "app", [refusal(time=105, pid=8)]) is None


def test_a_refusal_found_at_the_end_itself_is_the_reason_though_its_time_is_rounded() -> None:
    past = history(started(), exited(time=110.0000004)).containers["app"].current
    assert reason_of(past, "app", [refusal(time=110.000001)]) == "refused at 110"


def test_an_end_by_signal_or_success_has_another_reason() -> None:
    for code in (0, 143):
        past = history(started(), exited(code=code)).containers["app"].current
        assert reason_of(past, "app", [refusal()]) is None


def test_another_container_s_refusal_is_no_reason() -> None:
    past = history(started(), exited()).containers["app"].current
    assert reason_of(past, "app", [refusal(container="other")]) is None


def test_the_reason_is_the_termination_message() -> None:
    past = history(started(), exited(time=110, restart_at=2000))
    told = status_of(living(pod(), past), Surroundings(refusals=(refusal(),)))
    (container,) = told["containerStatuses"]
    assert container["lastState"]["terminated"]["message"] == "refused at 105"
