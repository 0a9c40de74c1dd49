"""A pod's status from what is known of it: phase, conditions, container statuses.

The rules are those of the kubelet (getPhase, GenerateContainersReadyCondition, convertToAPI…).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import msgspec

from minipod.model.doctor import Finding
from minipod.model.pod import JSON, Pod, RestartPolicy
from minipod.model.times import timestamp
from minipod.plan.host_checks.condition import host_ready
from minipod.plan.lifecycle import (
    PodFacts,
    SandboxState,
    is_past_deadline,
    next_start,
    starts_as_another,
)
from minipod.plan.refusals import Refusal, ports_free, reason_of

if TYPE_CHECKING:
    from minipod.model.observed import Attempt, ContainerFacts

TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})
ID_SCHEME = "minipod://"
IMAGE_NOT_MAPPED = "ImageNotMapped"
"""Why a container waits that has no program."""
DEADLINE_EXCEEDED = "DeadlineExceeded"
PAST_DEADLINE = "Pod was active on the node longer than the specified deadline"


class Surroundings(msgspec.Struct, frozen=True):
    """What a status tells besides the containers: where the pod is, and why it is not.

    `unschedulable` says why the pod has no place yet, `trouble` why its sandbox could not be made,
    `hints` what of the machine may be why, `refusals` which ports its containers wanted in vain,
    the newest last.
    """

    address: IPv4Address | None = None
    host_address: IPv4Address | None = None
    unschedulable: str | None = None
    trouble: str | None = None
    hints: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def status(old: JSON, facts: PodFacts, around: Surroundings, now: float) -> JSON:
    """Return the new status. `old` is the one before: its times stay where nothing changed."""
    if facts.finished:
        return old
    result: dict[str, Any] = {"phase": "Pending", "qosClass": old.get("qosClass", "BestEffort")}
    if around.unschedulable is not None:
        conditions = [_condition("PodScheduled", around.unschedulable, reason="Unschedulable")]
        return result | {"conditions": _dated(conditions, old, now)}
    containers = [_container_status(facts, index, around, now) for index in _indices(facts.pod)]
    expired = not facts.running and is_past_deadline(facts, now)
    phase = "Failed" if expired else _phase(facts)
    ready = all(container["ready"] for container in containers)
    result["phase"] = phase
    if expired:
        result |= {"reason": DEADLINE_EXCEEDED, "message": PAST_DEADLINE}
    conditions = _conditions(facts, containers, phase, ready=ready)
    conditions.append(ports_free(around.refusals, facts.history, now))
    conditions += host_ready(around.hints)
    result["conditions"] = _dated(conditions, old, now)
    result["containerStatuses"] = containers
    result["startTime"] = old.get("startTime") or timestamp(now)
    if around.host_address is not None:
        host = str(around.host_address)
        result |= {"hostIP": host, "hostIPs": [{"ip": host}]}
    if around.address is not None and (facts.wired or old.get("podIP")):
        own = str(around.address)
        result |= {"podIP": own, "podIPs": [{"ip": own}]}
    return result


def _indices(pod: Pod) -> range:
    return range(len(pod.spec.containers))


def _phase(facts: PodFacts) -> str:
    policy = facts.pod.spec.restart_policy
    containers = [facts.container(container.name) for container in facts.pod.spec.containers]
    known = [container for container in containers if container is not None]
    if len(known) < len(containers):
        return "Pending"
    if any(container.current.running for container in known):
        return "Running"
    if any(starts_as_another(facts, container.name) for container in facts.pod.spec.containers):
        return "Running"
    if policy is RestartPolicy.ALWAYS:
        return "Running"
    if all(container.current.code == 0 for container in known):
        return "Succeeded"
    return "Failed" if policy is RestartPolicy.NEVER else "Running"


def _container_status(facts: PodFacts, index: int, around: Surroundings, now: float) -> JSON:
    container = facts.pod.spec.containers[index]
    known = facts.container(container.name)
    running = known is not None and known.current.running and facts.sandbox is SandboxState.READY
    result: dict[str, Any] = {
        "name": container.name,
        "image": container.image,
        "imageID": "",
        "lastState": {},
        "ready": running,
        "restartCount": known.current.number if known else 0,
        "started": running,
    }
    if known is None:
        return result | {"state": {"waiting": _not_begun(facts, container.name, around.trouble)}}
    result["containerID"] = ID_SCHEME + known.current.id
    if known.previous is not None:
        result["lastState"] = _terminated(known.previous, container.name, around)
    if known.current.running:
        return result | {"state": {"running": {"startedAt": timestamp(known.current.started)}}}
    if starts_as_another(facts, container.name):
        waiting: JSON | None = _not_begun(facts, container.name, around.trouble)
    else:
        waiting = _back_off(facts.pod, container.name, known, now)
    if waiting is not None:
        result["lastState"] = _terminated(known.current, container.name, around)
        return result | {"state": {"waiting": waiting}}
    return result | {"state": _terminated(known.current, container.name, around)}


def _not_begun(facts: PodFacts, name: str, trouble: str | None) -> JSON:
    container = next(each for each in facts.pod.spec.containers if each.name == name)
    if facts.processes.get(name) is None:
        return {"reason": IMAGE_NOT_MAPPED, "message": image_not_mapped(container.image)}
    return {"reason": "ContainerCreating"} | ({"message": trouble} if trouble else {})


def image_not_mapped(image: str) -> str:
    """Return the message that says both ways out."""
    return (
        f'image "{image}" is not mapped to a program of this machine: '
        f"run `minipod image map {image} -- COMMAND…`, or give the container a command"
    )


def _terminated(attempt: Attempt, name: str, around: Surroundings) -> JSON:
    result: dict[str, Any] = {
        "containerID": ID_SCHEME + attempt.id,
        "exitCode": attempt.code,
        "finishedAt": timestamp(attempt.finished or attempt.started),
        "reason": "Completed" if attempt.code == 0 else "Error",
        "startedAt": timestamp(attempt.started),
    }
    if attempt.signal:
        result["signal"] = attempt.signal
    if attempt.lost:
        result["reason"] = "Unknown"
    elif attempt.failure is not None:
        result |= {"reason": "StartError", "message": start_error(attempt)}
    elif (refused := reason_of(attempt, name, around.refusals)) is not None:
        result["message"] = refused
    return {"terminated": result}


def start_error(attempt: Attempt) -> str:
    """Return why an attempt could not start, with the step that failed."""
    assert attempt.failure is not None
    return f"cannot {attempt.failure.step}: {attempt.failure.message}"


def _back_off(pod: Pod, name: str, known: ContainerFacts, now: float) -> JSON | None:
    start = next_start(known, pod.spec.restart_policy)
    finished = known.current.finished
    if start is None or finished is None or start <= now or start - finished < 1:
        return None
    return {
        "reason": "CrashLoopBackOff",
        "message": back_off_message(pod, name, start - finished),
    }


def back_off_message(pod: Pod, name: str, delay: float) -> str:
    """Return the kubelet's words for a container that waits for its restart."""
    seconds = round(delay)
    minutes, rest = divmod(seconds, 60)
    words = f"{minutes}m{rest}s" if minutes else f"{rest}s"
    meta = pod.metadata
    return (
        f"back-off {words} restarting failed container={name} "
        f"pod={meta.name}_{meta.namespace}({meta.uid})"
    )


def _conditions(facts: PodFacts, containers: list[JSON], phase: str, *, ready: bool) -> list[JSON]:
    sandbox = None if facts.sandbox is SandboxState.READY and facts.wired else "SandboxNotReady"
    conditions = [
        {"type": "PodReadyToStartContainers", "status": "False" if sandbox else "True"},
        {"type": "Initialized", "status": "True"},
    ]
    if phase == "Succeeded":
        unready, reason = "", "PodCompleted"
    elif phase == "Failed":
        unready, reason = "", "PodFailed"
    else:
        names = " ".join(each["name"] for each in containers if not each["ready"])
        unready, reason = f"containers with unready status: [{names}]", "ContainersNotReady"
    for kind in ("Ready", "ContainersReady"):
        done = ready and phase == "Running"
        conditions.append(
            {"type": kind, "status": "True"} if done else _condition(kind, unready, reason=reason)
        )
    conditions.append({"type": "PodScheduled", "status": "True"})
    return conditions


def _condition(kind: str, message: str, *, reason: str) -> JSON:
    condition = {"type": kind, "status": "False", "reason": reason}
    return condition | ({"message": message} if message else {})


def _dated(conditions: list[JSON], old: JSON, now: float) -> list[JSON]:
    before = {condition["type"]: condition for condition in old.get("conditions", ())}
    return [
        {
            "lastProbeTime": None,
            "lastTransitionTime": before[condition["type"]]["lastTransitionTime"]
            if before.get(condition["type"], {}).get("status") == condition["status"]
            else timestamp(now),
        }
        | condition
        for condition in conditions
    ]
