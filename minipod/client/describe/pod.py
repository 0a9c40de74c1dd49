"""A pod in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.describe.common import annotation_lines, pair_lines
from minipod.client.describe.containers import container_lines, seccomp_lines
from minipod.client.describe.events import event_lines
from minipod.client.describe.tabs import align
from minipod.client.describe.volumes import volume_lines
from minipod.plan.qos import qos_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from minipod.client.describe.clock import Clock

    JSON = dict[str, Any]

_ENDED = frozenset({"Failed", "Succeeded"})


def describe_pod(pod: JSON, events: Iterable[JSON] | None, clock: Clock) -> str:
    """Return what `kubectl describe pod` prints of a pod; `events` None: without that section."""
    lines = [*_head(pod, clock), *_containers(pod, clock), *_tail(pod)]
    if events is not None:
        lines += event_lines(events, clock)
    return align(lines)


def _head(pod: JSON, clock: Clock) -> Iterator[str]:
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    yield f"Name:\t{meta['name']}"
    yield f"Namespace:\t{meta.get('namespace', '')}"
    if spec.get("priority") is not None:
        yield f"Priority:\t{spec['priority']}"
    for title, field in (
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ):
        if spec.get(field):
            yield f"{title}:\t{spec[field]}"
    node = spec.get("nodeName")
    yield f"Node:\t{node}/{status.get('hostIP', '')}" if node else "Node:\t<none>"
    if status.get("startTime"):
        yield f"Start Time:\t{clock.date(status['startTime'])}"
    yield from pair_lines("Labels", meta.get("labels") or {})
    yield from annotation_lines(meta.get("annotations") or {})
    yield from _phase(meta, status, clock)
    yield from seccomp_lines(spec.get("securityContext"), "", "")
    yield from _addresses(status)
    yield from _controllers(meta.get("ownerReferences") or ())
    if status.get("nominatedNodeName"):
        yield f"NominatedNodeName:\t{status['nominatedNodeName']}"


def _phase(meta: JSON, status: JSON, clock: Clock) -> Iterator[str]:
    phase = status.get("phase", "")
    if meta.get("deletionTimestamp") and phase not in _ENDED:
        yield f"Status:\tTerminating (lasts {clock.since(meta['deletionTimestamp'])})"
        yield f"Termination Grace Period:\t{meta.get('deletionGracePeriodSeconds', 0)}s"
    else:
        yield f"Status:\t{phase}"
    for title in ("Reason", "Message"):
        if status.get(title.lower()):
            yield f"{title}:\t{status[title.lower()]}"


def _addresses(status: JSON) -> Iterator[str]:
    yield f"IP:\t{status.get('podIP', '')}"
    addresses = status.get("podIPs") or ()
    yield "IPs:" if addresses else "IPs:\t<none>"
    yield from (f"  IP:\t{each['ip']}" for each in addresses)


def _controllers(owners: Iterable[JSON]) -> Iterator[str]:
    for owner in owners:
        if owner.get("controller"):
            yield f"Controlled By:\t{owner['kind']}/{owner['name']}"
            return


def _containers(pod: JSON, clock: Clock) -> Iterator[str]:
    spec, status = pod["spec"], pod.get("status") or {}
    for title, field, statuses in (
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
        ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
    ):
        containers = spec.get(field) or ()
        if containers or title == "Containers":
            yield from container_lines(title, containers, status.get(statuses) or (), pod, clock)


def _tail(pod: JSON) -> Iterator[str]:
    spec, status = pod["spec"], pod.get("status") or {}
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    gates = [each["conditionType"] for each in spec.get("readinessGates") or ()]
    yield from _conditions("Readiness Gates", {g: conditions.get(g, "<none>") for g in gates})
    yield from _conditions("Conditions", conditions)
    yield from volume_lines(spec.get("volumes") or ())
    yield f"QoS Class:\t{status.get('qosClass') or qos_class(pod)}"
    yield from pair_lines("Node-Selectors", spec.get("nodeSelector") or {})
    yield from _tolerations(spec.get("tolerations") or ())
    yield from _spread(spec.get("topologySpreadConstraints") or ())


def _conditions(title: str, conditions: Mapping[str, str]) -> Iterator[str]:
    if conditions:
        yield f"{title}:"
        yield "  Type\tStatus"
    yield from (f"  {kind} \t{status} " for kind, status in conditions.items())


def _tolerations(tolerations: Iterable[JSON]) -> Iterator[str]:
    begin = "Tolerations:\t"
    if not tolerations:
        yield f"{begin}<none>"
    for toleration in sorted(tolerations, key=lambda one: one.get("key", "")):
        yield begin + _toleration(toleration)
        begin = "\t"


def _toleration(toleration: JSON) -> str:
    told: str = toleration.get("key", "")
    if toleration.get("value"):
        told += f"={toleration['value']}"
    if toleration.get("effect"):
        told += f":{toleration['effect']}"
    if toleration.get("operator") == "Exists" and not toleration.get("value"):
        told += " op=Exists" if told else "op=Exists"
    if toleration.get("tolerationSeconds") is not None:
        told += f" for {toleration['tolerationSeconds']}s"
    return told


def _spread(constraints: Iterable[JSON]) -> Iterator[str]:
    begin = "Topology Spread Constraints:\t"
    for one in sorted(constraints, key=lambda one: one["topologyKey"]):
        told = f"{one['topologyKey']}:{one['whenUnsatisfiable']} when max skew {one['maxSkew']}"
        yield f"{begin}{told} is exceeded{_selector(one.get('labelSelector'))}"
        begin = "\t"


def _selector(selector: JSON | None) -> str:
    """Return a label selector in words (apimachinery: FormatLabelSelector), if there is one."""
    if selector is None:
        return ""
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    terms += [(each["key"], _expression(each)) for each in selector.get("matchExpressions") or ()]
    return f" for selector {','.join(text for _, text in sorted(terms)) or '<none>'}"


def _expression(expression: JSON) -> str:
    key, values = expression["key"], ",".join(sorted(expression.get("values") or ()))
    match expression["operator"]:
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
        case operator:
            return f"{key} {operator.lower()} ({values})"
