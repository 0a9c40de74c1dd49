"""What is done next with a pod."""

from __future__ import annotations

import signal

from msgspec.structs import replace

from minipod.model.host_ports import host_ports
from minipod.model.pod import RestartPolicy
from minipod.plan.lifecycle import (
    Asked,
    AssignAddress,
    ClearSandbox,
    CreateSandbox,
    Deletion,
    DestroySandbox,
    Forget,
    Kill,
    OpenHostPorts,
    PodFacts,
    ReleaseAddress,
    Replace,
    Restart,
    SandboxState,
    Signal,
    StartContainer,
    Step,
    TellRestart,
    Wire,
    decide,
)

from .pods import exited, history, living, pod, started

NOW = 1000.0
ALWAYS = Restart(RestartPolicy.ALWAYS, 0.0)


def steps(facts: PodFacts, now: float = NOW) -> list[type[Step]]:
    return [type(step) for step in decide(facts, now).steps]


def test_a_pod_is_built_in_order_from_wherever_it_is() -> None:
    assert steps(living(pod(), has_address=False, sandbox=SandboxState.ABSENT, wired=False)) == [
        AssignAddress,
        CreateSandbox,
        Wire,
    ]
    assert steps(living(pod(), sandbox=SandboxState.ABSENT, wired=False)) == [CreateSandbox, Wire]
    assert steps(living(pod(), has_address=False, sandbox=SandboxState.LOST, wired=False)) == [
        AssignAddress,
        ClearSandbox,
    ]
    assert steps(living(pod(), wired=False)) == [Wire]
    assert steps(living(pod())) == [StartContainer]


WEB = pod(ports=[{"containerPort": 80, "hostPort": 8080}])


def test_host_ports_are_opened_before_containers_start() -> None:
    assert steps(living(WEB)) == [OpenHostPorts]
    assert steps(living(WEB, wired=False)) == [Wire]
    assert steps(living(WEB, open_ports=frozenset(host_ports(WEB)))) == [StartContainer]


def test_host_ports_that_are_wanted_no_more_or_not_known_are_looked_at() -> None:
    assert steps(living(pod(), open_ports=frozenset(host_ports(WEB)))) == [OpenHostPorts]
    assert steps(living(pod(), open_ports=None)) == [OpenHostPorts]


def test_containers_start_though_a_host_port_is_not_open_and_it_is_tried_again() -> None:
    waiting = living(WEB, retry_ports_at=NOW + 3)
    assert steps(waiting) == [StartContainer]
    assert decide(waiting, NOW).wake_at == NOW + 3
    assert steps(waiting, now=NOW + 3) == [OpenHostPorts]


def test_a_host_port_that_minipod_does_not_open_is_not_waited_for() -> None:
    sctp = pod(ports=[{"containerPort": 80, "hostPort": 8080, "protocol": "SCTP"}])
    assert steps(living(sctp)) == [StartContainer]


def test_containers_start_in_the_manifests_order() -> None:
    names = [step.name for step in decide(living(pod("a", "b", "c")), NOW).steps]  # type: ignore[attr-defined]
    assert names == ["a", "b", "c"]


def test_a_lost_sandbox_is_cleared_away_before_another_is_made() -> None:
    assert steps(living(pod(), sandbox=SandboxState.LOST, wired=False)) == [ClearSandbox]


def test_a_container_without_a_program_waits_and_the_others_start() -> None:
    facts = living(pod("a", "b"))
    waiting = PodFacts(
        facts.pod,
        {"a": None, "b": facts.processes["b"]},
        has_address=True,
        sandbox=SandboxState.READY,
        wired=True,
    )
    (step,) = decide(waiting, NOW).steps
    assert isinstance(step, StartContainer)
    assert step.name == "b"


def test_a_start_tells_the_first_restart_at_once_and_no_delay() -> None:
    (step,) = decide(living(pod()), NOW).steps
    assert isinstance(step, StartContainer)
    assert step.restart == Restart(RestartPolicy.ALWAYS, 0.0)


def test_never_tells_no_restart() -> None:
    (step,) = decide(living(pod(policy="Never")), NOW).steps
    assert isinstance(step, StartContainer)
    assert step.restart is None


def test_after_the_sandboxs_own_restart_it_is_told_the_next_delay() -> None:
    past = history(started(), exited(restart_at=110.0), started(attempt=1, time=110.0))
    (step,) = decide(living(pod(), past), NOW).steps
    assert step == TellRestart("app", Restart(RestartPolicy.ALWAYS, 10.0))


def test_a_sandbox_that_knows_its_restart_is_left_alone() -> None:
    facts = living(pod(), history(started()), told={"app": Restart(RestartPolicy.ALWAYS, 0.0)})
    assert steps(facts) == []


def test_what_the_sandbox_will_restart_the_server_does_not() -> None:
    facts = living(pod(), history(started(), exited(time=110, restart_at=120.0)))
    assert steps(facts, now=2000) == []


def test_an_end_that_nobody_planned_for_is_restarted_by_the_server() -> None:
    past = history(
        started(),
        exited(restart_at=110.0),
        started(attempt=1, time=110.0),
        exited(attempt=1, time=111),
    )
    waiting = decide(living(pod(), past), 115.0)
    assert waiting.steps == ()
    assert waiting.wake_at == 121.0
    (step,) = decide(living(pod(), past), 121.0).steps
    assert isinstance(step, StartContainer)
    assert step.attempt == 2


def test_success_under_on_failure_is_not_restarted() -> None:
    facts = living(pod(policy="OnFailure"), history(started(), exited(code=0)))
    assert decide(facts, NOW).steps == ()
    assert decide(facts, NOW).wake_at is None


def test_a_finished_pod_gives_back_its_sandbox_and_address() -> None:
    assert steps(living(pod(policy="Never"), finished=True)) == [DestroySandbox, ReleaseAddress]
    assert steps(living(pod(), finished=True, has_address=False, sandbox=SandboxState.ABSENT)) == []


def test_deletion_asks_every_container_once_and_forbids_its_restart() -> None:
    facts = living(pod("a", "b"), history(started("a"), started("b")), deletion=Deletion(NOW + 30))
    decision = decide(facts, NOW)
    assert decision.steps == (
        TellRestart("a", None),
        Signal("a", signal.SIGTERM),
        TellRestart("b", None),
        Signal("b", signal.SIGTERM),
    )
    assert decision.wake_at == NOW + 30
    asked = living(
        pod("a", "b"),
        history(started("a"), started("b")),
        deletion=Deletion(NOW + 30),
        asked_to_end={"a": Asked(NOW), "b": Asked(NOW)},
    )
    assert decide(asked, NOW).steps == ()


def test_deletion_ends_when_the_last_container_has() -> None:
    facts = living(pod(), history(started(), exited()), deletion=Deletion(NOW + 30))
    assert steps(facts) == [DestroySandbox, ReleaseAddress, Forget]


def test_deletion_does_not_wait_beyond_the_grace_period() -> None:
    facts = living(
        pod(),
        history(started()),
        deletion=Deletion(NOW),
        asked_to_end={"app": Asked(NOW)},
    )
    assert steps(facts) == [DestroySandbox, ReleaseAddress, Forget]


def test_deletion_of_a_pod_that_has_nothing_yet_is_immediate() -> None:
    facts = living(
        pod(),
        has_address=False,
        sandbox=SandboxState.ABSENT,
        wired=False,
        deletion=Deletion(NOW + 30),
    )
    assert steps(facts) == [Forget]


REBOOTED = {"event": "rebooted", "time": 500.0, "boot": "b"}


def after_reboot(policy: str, *records: dict[str, object]) -> PodFacts:
    """Facts of a pod right after a reboot: it has its address, and nothing else."""
    known = history(*records, REBOOTED)
    return living(pod(policy=policy), known, sandbox=SandboxState.ABSENT, wired=False)


def test_what_ran_before_a_reboot_is_started_again_unless_the_policy_is_never() -> None:
    assert steps(after_reboot("Always", started())) == [CreateSandbox, Wire]
    assert steps(after_reboot("OnFailure", started())) == [CreateSandbox, Wire]
    assert steps(after_reboot("Never", started())) == []


def test_what_had_ended_before_a_reboot_is_started_again_as_after_any_end() -> None:
    assert steps(after_reboot("Always", started(), exited(code=0))) == [CreateSandbox, Wire]
    assert steps(after_reboot("OnFailure", started(), exited(code=3))) == [CreateSandbox, Wire]
    assert steps(after_reboot("OnFailure", started(), exited(code=0))) == []
    assert steps(after_reboot("Never", started(), exited(code=3))) == []


def test_the_start_after_a_reboot_waits_for_no_back_off() -> None:
    records = (started(), exited(), started(attempt=1), exited(attempt=1), started(attempt=2))
    new = {"event": "sandbox", "time": 501.0, "pid": 9}
    facts = living(pod(), history(*records, REBOOTED, new))
    (start,) = decide(facts, 501.0).steps
    assert isinstance(start, StartContainer)
    assert start.attempt == 3


def test_a_pod_that_ended_with_the_machine_asks_for_no_address() -> None:
    known = history(started(), REBOOTED)
    absent = {"sandbox": SandboxState.ABSENT, "wired": False, "has_address": False}
    assert steps(living(pod(policy="Never"), known, **absent)) == []


NEW = pod(image="x:2")
RUNNING_OLD = history(started(image="x:1"))
ENDED_OLD = history(started(image="x:1"), exited(code=143))


def test_a_container_whose_image_changed_is_asked_to_end_once() -> None:
    assert decide(living(NEW, RUNNING_OLD), NOW).steps == (Replace("app"),)
    asked = decide(living(NEW, RUNNING_OLD, asked_to_end={"app": Asked(NOW)}), NOW)
    assert (asked.steps, asked.wake_at) == ((), NOW + 30)


def test_a_container_that_does_not_end_in_time_is_killed_once() -> None:
    asked = {"app": Asked(NOW - 30)}
    assert decide(living(NEW, RUNNING_OLD, asked_to_end=asked), NOW).steps == (Kill("app"),)
    killed = decide(living(NEW, RUNNING_OLD, asked_to_end={"app": Asked(0, killed=True)}), NOW)
    assert (killed.steps, killed.wake_at) == ((), None)


def test_an_attempt_of_the_same_image_or_of_an_old_sandbox_goes_on() -> None:
    for image in ("x:2", None):
        facts = living(NEW, history(started(image=image)), told={"app": ALWAYS})
        assert decide(facts, NOW).steps == ()


def test_a_container_that_ended_for_it_starts_anew_whatever_the_policy() -> None:
    never = living(pod(image="x:2", policy="Never"), ENDED_OLD, replaced=frozenset({"app"}))
    (start,) = decide(never, NOW).steps
    assert isinstance(start, StartContainer)
    assert (start.attempt, start.restart) == (1, None)


def test_a_container_that_backs_off_starts_at_once_as_something_else() -> None:
    waits = history(started(image="x:1"), exited(restart_at=NOW + 100))
    (start,) = decide(living(NEW, waits), NOW).steps
    assert isinstance(start, StartContainer)
    assert start.restart == ALWAYS


def test_a_container_that_is_over_stays_so_though_its_image_changes() -> None:
    done = history(started(image="x:1"), exited(code=0))
    assert decide(living(pod(image="x:2", policy="OnFailure"), done), NOW).steps == ()


def test_an_image_without_a_program_is_waited_for_and_the_old_one_not_started() -> None:
    waits = history(started(image="x:1"), exited(restart_at=NOW + 100))
    unmapped = {"app": None}
    facts = replace(living(NEW, waits, told={"app": ALWAYS}), processes=unmapped)
    assert decide(facts, NOW).steps == (TellRestart("app", None),)
    assert decide(replace(facts, told={"app": None}), NOW).steps == ()


LIMITED = replace(pod("a", "b"), spec=replace(pod("a", "b").spec, active_deadline_seconds=60))
BOTH = history(started("a"), started("b"))


def test_a_pod_is_looked_at_again_at_its_deadline() -> None:
    told = {"a": ALWAYS, "b": ALWAYS}
    assert decide(living(LIMITED, BOTH, since=NOW - 59, told=told), NOW).wake_at == NOW + 1
    assert decide(living(LIMITED, BOTH, told=told), NOW).wake_at is None, "it has no place yet"


def test_a_pod_past_its_deadline_has_its_containers_ended_and_then_killed() -> None:
    facts = living(LIMITED, BOTH, since=NOW - 60)
    assert steps(facts) == [TellRestart, Signal, TellRestart, Signal]
    asked = replace(facts, asked_to_end={"a": Asked(NOW - 30), "b": Asked(NOW)})
    assert decide(asked, NOW).steps == (Kill("a"),)
    ended = history(started("a"), started("b"), exited("a"), exited("b"))
    assert decide(replace(facts, history=ended), NOW).steps == ()
