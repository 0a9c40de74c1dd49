"""What the journal is told after a reboot."""

from __future__ import annotations

from typing import Any

from minipod.model.observed import History
from minipod.plan.history import fold
from minipod.plan.lifecycle import SandboxState
from minipod.plan.reboot import after_reboot
from minipod.plan.status import Surroundings, status

from .pods import exited, history, living, pod, started

NOW = 1000.0
REBOOTED = {"event": "rebooted", "time": NOW, "boot": "b"}


def stored(*records: dict[str, Any], now: float = 200.0) -> dict[str, Any]:
    """Return the status that a server stored when the journal told this."""
    return status({}, living(pod(), history(*records)), Surroundings(), now)


def test_a_journal_that_is_whole_gets_one_record() -> None:
    records = (started(), exited(), started(attempt=1))
    assert after_reboot(history(*records), stored(*records), "b", NOW) == [REBOOTED]
    assert after_reboot(History(), {"phase": "Pending"}, "b", NOW) == [REBOOTED]


def test_an_attempt_that_only_the_status_knows_is_recorded_again() -> None:
    records = (started(), exited(), started(attempt=1))
    again = after_reboot(history(started()), stored(*records), "b", NOW)
    assert again == [started(attempt=1) | {"pid": 0}, REBOOTED]
    ended = fold(history(started()), again).containers["app"].current
    assert (ended.number, ended.code, ended.lost) == (1, 255, True)


def test_an_end_that_only_the_status_knows_stays_that_end() -> None:
    """Else a container that had completed would run once more."""
    lost = (started(), exited(code=0))
    for policy in ("Never", "OnFailure"):
        facts = living(pod(policy=policy), history(*lost))
        again = after_reboot(History(), status({}, facts, Surroundings(), 200.0), "b", NOW)
        ended = fold(History(), again).containers["app"].current
        assert (ended.code, ended.finished, ended.lost) == (0, 110.0, False)


def test_one_that_waited_for_its_restart_has_the_number_of_the_attempt_that_ended() -> None:
    waiting = stored(started(), exited(restart_at=300.0))
    assert "waiting" in waiting["containerStatuses"][0]["state"]
    (again, _) = after_reboot(History(), waiting, "b", NOW)
    assert (again["event"], again["attempt"], again["code"]) == ("exited", 0, 1)


def test_the_status_says_that_nobody_saw_the_end() -> None:
    facts = living(
        pod(policy="Never"), history(started(), REBOOTED), sandbox=SandboxState.ABSENT, wired=False
    )
    new = status({}, facts, Surroundings(), NOW)
    assert new["phase"] == "Failed"
    ended = new["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"], "signal" in ended) == (255, "Unknown", False)
