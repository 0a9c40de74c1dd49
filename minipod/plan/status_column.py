"""The columns of `get pods`, from a Pod object: what kubectl prints of it.

The rules are those of Kubernetes' own printer (printPod of pkg/printers/internalversion), which the
API server runs for every kubectl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.model.times import parse_timestamp, short_duration
from minipod.plan.status import TERMINAL_PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from minipod.model.pod import JSON

NONE = "<none>"
UNKNOWN = "<unknown>"

_NODE_LOST = "NodeLost"
_SCHEDULING_GATED = "SchedulingGated"


class PodColumns(NamedTuple):
    """The cells after NAME, in kubectl's order; those from `ip` on are shown by `-o wide`."""

    ready: str
    status: str
    restarts: str
    age: str
    ip: str
    node: str
    nominated_node: str
    readiness_gates: str


class _Init(NamedTuple):
    """How far the init containers are: `reason` is None when the pod's own containers may run."""

    reason: str | None
    visited: Sequence[JSON]
    sidecars: Sequence[JSON]
    ready: int


def pod_columns(pod: JSON, now: float) -> PodColumns:
    """Return the columns of a pod at `now`, in seconds since the epoch."""
    spec: JSON = pod.get("spec") or {}
    status: JSON = pod.get("status") or {}
    init = _initialization(spec, status)
    containers: list[JSON] = status.get("containerStatuses") or []
    begun = init.reason is None or _condition(status, "Initialized") == "True"
    running = sum(_is_running(container) for container in containers) if begun else 0
    counted = [*init.sidecars, *containers] if begun else init.visited
    return PodColumns(
        ready=f"{init.ready + running}/{_total(spec)}",
        status=_status(pod, init, containers if begun else (), running),
        restarts=_restarts(counted, now),
        age=_age((pod.get("metadata") or {}).get("creationTimestamp"), now),
        ip=next((each["ip"] for each in status.get("podIPs") or ()), "") or NONE,
        node=spec.get("nodeName") or NONE,
        nominated_node=status.get("nominatedNodeName") or NONE,
        readiness_gates=_readiness_gates(spec, status),
    )


def _initialization(spec: JSON, status: JSON) -> _Init:
    restartable = {each["name"] for each in spec.get("initContainers") or () if _is_sidecar(each)}
    visited: list[JSON] = []
    ready = 0
    reason = None
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        visited.append(container)
        if _exited_well(container):
            continue
        if container.get("name") in restartable and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        progress = f"{index}/{len(spec.get('initContainers') or ())}"
        reason = f"Init:{_init_trouble(container) or progress}"
        break
    sidecars = [container for container in visited if container.get("name") in restartable]
    return _Init(reason, visited, sidecars, ready)


def _is_sidecar(container: JSON) -> bool:
    return container.get("restartPolicy") == "Always"


def _total(spec: JSON) -> int:
    sidecars = sum(_is_sidecar(each) for each in spec.get("initContainers") or ())
    return len(spec.get("containers") or ()) + sidecars


def _init_trouble(container: JSON) -> str | None:
    ended = _ended(container)
    if ended is not None:
        return ended
    waiting = _waiting(container)
    return None if waiting == "PodInitializing" else waiting


def _status(pod: JSON, init: _Init, containers: Iterable[JSON], running: int) -> str:
    status: JSON = pod.get("status") or {}
    phase = status.get("phase") or ""
    if (pod.get("metadata") or {}).get("deletionTimestamp"):
        if status.get("reason") == _NODE_LOST:
            return "Unknown"
        if phase not in TERMINAL_PHASES:
            return "Terminating"
    first = next(filter(None, map(_not_running, containers)), None)
    reason = first or init.reason or _general_reason(status)
    if reason == "Completed" and running:
        return "Running" if _condition(status, "Ready") == "True" else "NotReady"
    return reason


def _general_reason(status: JSON) -> str:
    if any(
        each.get("type") == "PodScheduled" and each.get("reason") == _SCHEDULING_GATED
        for each in status.get("conditions") or ()
    ):
        return _SCHEDULING_GATED
    return str(status.get("reason") or status.get("phase") or "")


def _not_running(container: JSON) -> str | None:
    return _waiting(container) or _ended(container)


def _waiting(container: JSON) -> str | None:
    waiting = (container.get("state") or {}).get("waiting")
    return waiting.get("reason") or None if waiting is not None else None


def _ended(container: JSON) -> str | None:
    """Return why a container has ended; None if it has not."""
    terminated = (container.get("state") or {}).get("terminated")
    if terminated is None:
        return None
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _exited_well(container: JSON) -> bool:
    terminated = (container.get("state") or {}).get("terminated")
    return terminated is not None and terminated.get("exitCode", 0) == 0


def _is_running(container: JSON) -> bool:
    state = container.get("state") or {}
    return (
        bool(container.get("ready"))
        and state.get("running") is not None
        and _not_running(container) is None
    )


def _restarts(containers: Iterable[JSON], now: float) -> str:
    count, last = 0, 0.0
    for container in containers:
        count += container.get("restartCount", 0)
        terminated = (container.get("lastState") or {}).get("terminated") or {}
        last = max(last, _seconds(terminated.get("finishedAt")) or 0.0)
    return f"{count} ({short_duration(now - last)} ago)" if count and last else str(count)


def _age(created: str | None, now: float) -> str:
    seconds = _seconds(created)
    return UNKNOWN if seconds is None else short_duration(now - seconds)


def _seconds(text: str | None) -> float | None:
    return parse_timestamp(text) if text else None


def _condition(status: JSON, kind: str) -> str | None:
    """Return a condition's status; None if the pod has none of this type."""
    for each in status.get("conditions") or ():
        if each.get("type") == kind:
            return str(each.get("status"))
    return None


def _readiness_gates(spec: JSON, status: JSON) -> str:
    gates = spec.get("readinessGates") or ()
    true = sum(_condition(status, gate["conditionType"]) == "True" for gate in gates)
    return f"{true}/{len(gates)}" if gates else NONE
