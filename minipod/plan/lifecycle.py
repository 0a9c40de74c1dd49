"""What to do next with a pod: facts in, steps out (the kubelet's syncPod, as a pure function).

The decision is level-triggered: it looks at how things are, never at how they came to be so. The
same call therefore serves a new pod, a restart of the server and a reboot of the machine.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING

import msgspec

from minipod.model.host_ports import HostPort, host_ports
from minipod.model.observed import ContainerFacts, History
from minipod.model.pod import Pod, RestartPolicy
from minipod.plan.backoff import RESET_AFTER, restart_delay, restarts_after
from minipod.plan.process import Process

if TYPE_CHECKING:
    from collections.abc import Iterator


class SandboxState(Enum):
    """Where the pod's own process is."""

    ABSENT = auto()
    """Never made, or gone, and nothing of it is left."""
    READY = auto()
    """Alive and connected to the server."""
    LOST = auto()
    """It ended without being told to: its leftovers are to be cleared away."""


class Deletion(msgspec.Struct, frozen=True):
    """The pod is to go: by `deadline` (seconds since the epoch) with force."""

    deadline: float


class Restart(msgspec.Struct, frozen=True):
    """The restart that the sandbox makes by itself after the next end of a container."""

    on: RestartPolicy
    delay: float
    reset_after: float = RESET_AFTER


class Asked(msgspec.Struct, frozen=True):
    """A container was sent SIGTERM, at this time; and SIGKILL since, if that did not end it."""

    at: float
    killed: bool = False


class PodFacts(msgspec.Struct, frozen=True):
    """All that a decision looks at. `processes` holds None for a container that has no program.

    `told` are the restarts that the sandbox knows of now, `asked_to_end` the containers whose
    current attempt has been sent SIGTERM, `replaced` those of them that are to start anew, as
    something else. `since` is when the pod became active (status.startTime). `wired`: the pod's
    link and addresses are in place. `open_ports` are the host ports that lead to the pod (None: not
    known); where some could not be opened, `retry_ports_at` is when to try again.
    """

    pod: Pod
    processes: Mapping[str, Process | None]
    has_address: bool = False
    sandbox: SandboxState = SandboxState.ABSENT
    wired: bool = False
    open_ports: frozenset[HostPort] | None = frozenset()
    retry_ports_at: float | None = None
    finished: bool = False
    history: History = History()
    told: Mapping[str, Restart | None] = {}
    asked_to_end: Mapping[str, Asked] = {}
    replaced: frozenset[str] = frozenset()
    since: float | None = None
    deletion: Deletion | None = None

    def container(self, name: str) -> ContainerFacts | None:
        """Return what is known of a container; None if it never began."""
        return self.history.containers.get(name)

    @property
    def running(self) -> tuple[str, ...]:
        """The containers that run, in the manifest's order."""
        if self.sandbox is not SandboxState.READY:
            return ()
        return tuple(
            container.name
            for container in self.pod.spec.containers
            if (facts := self.container(container.name)) and facts.current.running
        )


class Step(msgspec.Struct, frozen=True):
    """One thing to do."""


class AssignAddress(Step, frozen=True):
    """Take a free address of the node."""


class ClearSandbox(Step, frozen=True):
    """Remove what a sandbox that ended left behind."""


class CreateSandbox(Step, frozen=True):
    """Make the pod's namespaces and the process that holds them."""


class Wire(Step, frozen=True):
    """Make the pod's link and set its addresses."""


class OpenHostPorts(Step, frozen=True):
    """Have the pod's host ports open, and no others; containers start though some are not."""


class StartContainer(Step, frozen=True):
    """Start an attempt of a container."""

    name: str
    attempt: int
    process: Process
    restart: Restart | None


class TellRestart(Step, frozen=True):
    """Tell the sandbox which restart to make by itself."""

    name: str
    restart: Restart | None


class Signal(Step, frozen=True):
    """Send a signal to a container's first process."""

    name: str
    signal: signal.Signals


class Replace(Step, frozen=True):
    """Ask a container to end that is to start anew, as something else."""

    name: str


class Kill(Step, frozen=True):
    """End all that a container is, with SIGKILL."""

    name: str


class DestroySandbox(Step, frozen=True):
    """End the sandbox and with it all that runs in the pod; clear away the rest."""


class ReleaseAddress(Step, frozen=True):
    """Give the address back."""


class Forget(Step, frozen=True):
    """Remove the pod's object: the pod is gone, and its folder goes."""


class Decision(msgspec.Struct, frozen=True):
    """The steps to take now, in order; and, with none, when to look again (None: when told)."""

    steps: tuple[Step, ...] = ()
    wake_at: float | None = None


def decide(facts: PodFacts, now: float) -> Decision:
    """Return what to do now. After the steps are done, ask again."""
    if facts.deletion is not None:
        return _delete(facts, facts.deletion, now)
    if facts.finished:
        return Decision(tuple(_give_back(facts)))
    if is_past_deadline(facts, now):
        return Decision(tuple(_expire(facts, now)), _kill_at(facts))
    preparation = _prepare(facts, now)
    if preparation:
        return Decision(preparation)
    starts = tuple(_starts(facts, now))
    waits = [_due(facts, name) for name in facts.processes]
    waits += [facts.retry_ports_at, _kill_at(facts), _deadline(facts)]
    return Decision(starts, min((when for when in waits if when and when > now), default=None))


def _prepare(facts: PodFacts, now: float) -> tuple[Step, ...]:
    """Return what a pod needs before its containers: all that is known to follow, in one go."""
    if facts.sandbox is SandboxState.ABSENT and not _has_to_run(facts):
        return ()  # what ran before a reboot has ended for good: it needs no place any more
    place = () if facts.has_address else (AssignAddress(),)
    match facts.sandbox:
        case SandboxState.LOST:
            return (*place, ClearSandbox())
        case SandboxState.ABSENT:
            return (*place, CreateSandbox(), Wire())
        case SandboxState.READY if not facts.wired:
            return (*place, Wire())
        case SandboxState.READY:
            return place or ((OpenHostPorts(),) if _ports_are_due(facts, now) else ())


def _has_to_run(facts: PodFacts) -> bool:
    policy = facts.pod.spec.restart_policy
    containers = [facts.container(container.name) for container in facts.pod.spec.containers]
    return any(
        known is None or known.current.running or restarts_after(policy, known.current.code)
        for known in containers
    )


def _ports_are_due(facts: PodFacts, now: float) -> bool:
    wanted = frozenset(port for port in host_ports(facts.pod) if port.opens)
    waits = facts.retry_ports_at is not None and facts.retry_ports_at > now
    return facts.open_ports != wanted and not waits


def _give_back(facts: PodFacts) -> Iterator[Step]:
    if facts.sandbox is not SandboxState.ABSENT:
        yield DestroySandbox()
    if facts.has_address:
        yield ReleaseAddress()


def _delete(facts: PodFacts, deletion: Deletion, now: float) -> Decision:
    if not facts.running or now >= deletion.deadline:
        return Decision((*_give_back(facts), Forget()))
    steps: list[Step] = []
    for name in facts.running:
        if name not in facts.asked_to_end:
            # Without this, the sandbox would start again what is asked to end.
            steps += [TellRestart(name, None), Signal(name, signal.SIGTERM)]
    return Decision(tuple(steps), deletion.deadline)


def _deadline(facts: PodFacts) -> float | None:
    seconds = facts.pod.spec.active_deadline_seconds
    return None if seconds is None or facts.since is None else facts.since + seconds


def is_past_deadline(facts: PodFacts, now: float) -> bool:
    """Return whether a pod has been active for longer than it may be."""
    deadline = _deadline(facts)
    return deadline is not None and now >= deadline


def _expire(facts: PodFacts, now: float) -> Iterator[Step]:
    for name in facts.running:
        if name not in facts.asked_to_end:
            yield TellRestart(name, None)
            yield Signal(name, signal.SIGTERM)
        elif _is_to_be_killed(facts, name, now):
            yield Kill(name)


def _is_to_be_killed(facts: PodFacts, name: str, now: float) -> bool:
    asked = facts.asked_to_end.get(name)
    grace = facts.pod.spec.termination_grace_period_seconds
    return asked is not None and not asked.killed and now >= asked.at + grace


def _kill_at(facts: PodFacts) -> float | None:
    """Return when the next container's time to end is over."""
    asked = [facts.asked_to_end[name] for name in facts.running if name in facts.asked_to_end]
    grace = facts.pod.spec.termination_grace_period_seconds
    return min((each.at + grace for each in asked if not each.killed), default=None)


def is_outdated(facts: PodFacts, name: str) -> bool:
    """Return whether a container's newest attempt is of another image than is wanted now."""
    container = facts.container(name)
    wanted = next(each.image for each in facts.pod.spec.containers if each.name == name)
    return container is not None and container.current.image not in (None, wanted)


def starts_as_another(facts: PodFacts, name: str) -> bool:
    """Return whether an ended container starts anew at once, for it is to be something else.

    So does one that was asked to end for that, whatever the policy, and one that the policy starts
    again anyway, without the back-off that its other image has earned.
    """
    container = facts.container(name)
    if container is None or container.current.running:
        return False
    if name in facts.replaced:
        return True
    return is_outdated(facts, name) and restarts_after(
        facts.pod.spec.restart_policy, container.current.code
    )


def _starts(facts: PodFacts, now: float) -> Iterator[Step]:
    policy = facts.pod.spec.restart_policy
    for name, process in facts.processes.items():
        container = facts.container(name)
        if container is None:
            if process is not None:
                yield StartContainer(name, 0, process, _restart(policy, 0))
        elif container.current.running and is_outdated(facts, name):
            yield from _replace(facts, name, now)
        elif container.current.running:
            restart = _restart(policy, container.restarts_in_row)
            if facts.told.get(name) != restart:
                yield TellRestart(name, restart)
        elif starts_as_another(facts, name):
            yield from _start_as_another(facts, name, container.current.number + 1)
        elif process is not None and (due := _due(facts, name)) is not None and due <= now:
            # This start is the one that the back-off waited for: it counts as one more in a row.
            restart = _restart(policy, container.restarts_in_row + 1)
            yield StartContainer(name, container.current.number + 1, process, restart)


def _replace(facts: PodFacts, name: str, now: float) -> Iterator[Step]:
    if name not in facts.asked_to_end:
        yield Replace(name)
    elif _is_to_be_killed(facts, name, now):
        yield Kill(name)


def _start_as_another(facts: PodFacts, name: str, number: int) -> Iterator[Step]:
    process = facts.processes[name]
    if process is not None:
        yield StartContainer(name, number, process, _restart(facts.pod.spec.restart_policy, 0))
    elif facts.told.get(name) is not None:
        yield TellRestart(name, None)  # else the sandbox would start the old one again


def _restart(policy: RestartPolicy, restarts_in_row: int) -> Restart | None:
    if policy is RestartPolicy.NEVER:
        return None
    return Restart(policy, restart_delay(restarts_in_row))


def _due(facts: PodFacts, name: str) -> float | None:
    """Return when the server has to start an ended container; None if never, or not the server."""
    container = facts.container(name)
    if container is None or container.current.finished is None:
        return None
    if container.current.restart_at is not None:
        return None  # the sandbox does it
    return next_start(container, facts.pod.spec.restart_policy)


def next_start(container: ContainerFacts, policy: RestartPolicy) -> float | None:
    """Return when an ended container starts again, whoever does it; None if it never does."""
    ended = container.current
    if ended.finished is None or not restarts_after(policy, ended.code):
        return None
    if ended.restart_at is not None:
        return ended.restart_at
    long_run = ended.finished - ended.started >= RESET_AFTER
    return ended.finished + restart_delay(0 if long_run else container.restarts_in_row)
