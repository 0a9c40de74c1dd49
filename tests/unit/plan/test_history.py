"""What a journal tells of a pod's containers."""

from .pods import exited, history, started


def test_a_started_container_runs() -> None:
    facts = history(started()).containers["app"]
    assert facts.current.running
    assert facts.current.number == 0
    assert facts.previous is None


def test_an_end_keeps_code_signal_and_times() -> None:
    attempt = history(started(time=100), exited(time=110, code=137)).containers["app"].current
    assert (attempt.started, attempt.finished) == (100, 110)
    assert (attempt.code, attempt.signal) == (137, 9)


def test_restarts_in_a_row_count_up() -> None:
    facts = history(
        started(time=100),
        exited(time=101),
        started(attempt=1, time=101),
        exited(attempt=1, time=102),
        started(attempt=2, time=112),
    ).containers["app"]
    assert facts.restarts_in_row == 2
    assert facts.previous is not None
    assert facts.previous.number == 1


def test_ten_minutes_of_running_begin_the_count_anew() -> None:
    facts = history(
        started(time=0),
        exited(time=1),
        started(attempt=1, time=1),
        exited(attempt=1, time=2),
        started(attempt=2, time=12),
        exited(attempt=2, time=612),
        started(attempt=3, time=612),
    ).containers["app"]
    assert facts.restarts_in_row == 1


def test_a_new_sandbox_ends_what_ran_in_the_old_one() -> None:
    facts = history(started(), {"event": "sandbox", "time": 150.0, "pid": 8}).containers["app"]
    assert not facts.current.running
    assert facts.current.code == 137
    assert facts.current.finished == 150.0


def test_a_new_sandbox_keeps_no_promise_of_the_old_one() -> None:
    records = (started(), exited(restart_at=120.0), {"event": "sandbox", "time": 115.0, "pid": 8})
    assert history(*records).containers["app"].current.restart_at is None


def test_a_failed_start_is_an_attempt_that_ended_with_128() -> None:
    error = {"step": "execute nope", "errno": 2, "message": "No such file or directory"}
    record = started() | {"event": "failed", "error": error}
    attempt = history(record).containers["app"].current
    assert attempt.code == 128
    assert attempt.failure is not None
    assert attempt.failure.step == "execute nope"


def test_an_unknown_record_of_a_newer_sandbox_is_passed_over() -> None:
    assert history({"event": "novelty", "time": 1.0}).containers == {}


def test_warnings_are_kept_but_not_for_ever() -> None:
    records = [{"event": "warning", "time": 1.0, "message": str(n)} for n in range(100)]
    assert history(*records).warnings[-1] == "99"
    assert len(history(*records).warnings) < 100


REBOOTED = {"event": "rebooted", "time": 150.0, "boot": "b"}


def test_a_reboot_ends_what_ran_and_nobody_saw_how() -> None:
    attempt = history(started(), REBOOTED).containers["app"].current
    assert (attempt.finished, attempt.code, attempt.signal, attempt.lost) == (150.0, 255, 0, True)


def test_a_reboot_leaves_an_end_that_was_seen_but_no_promise_of_a_restart() -> None:
    attempt = history(started(), exited(restart_at=190.0), REBOOTED).containers["app"].current
    assert (attempt.code, attempt.restart_at, attempt.lost) == (1, None, False)


def test_a_back_off_begins_anew_after_a_reboot() -> None:
    records = [started(), exited(), started(attempt=1), exited(attempt=1), started(attempt=2)]
    assert history(*records).containers["app"].restarts_in_row == 2
    assert history(*records, REBOOTED).containers["app"].restarts_in_row == 0


def test_an_end_whose_beginning_was_lost_is_an_attempt_all_the_same() -> None:
    facts = history(started(), exited(), exited(attempt=1, time=130.0, code=3)).containers["app"]
    assert (facts.current.number, facts.current.started, facts.current.code) == (1, 120.0, 3)
    assert facts.previous is not None
    assert facts.previous.code == 1
    assert history(exited()).containers["app"].current.finished == 110.0


def test_another_images_first_attempt_has_no_restarts_in_a_row() -> None:
    ended = [started(image="x:1"), exited(), started(attempt=1, image="x:1"), exited(attempt=1)]
    same = history(*ended, started(attempt=2, image="x:1"))
    other = history(*ended, started(attempt=2, image="x:2"))
    assert same.containers["app"].restarts_in_row == 2
    assert other.containers["app"].restarts_in_row == 0
    assert other.containers["app"].current.image == "x:2"
