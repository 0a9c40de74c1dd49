"""A node in words: what it is, what it has, and which pods are on it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.describe.common import annotation_lines, pair_lines, rows
from minipod.client.describe.events import event_lines
from minipod.client.describe.tabs import align
from minipod.client.text.quantity import quantity, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from minipod.client.describe.clock import Clock

    JSON = dict[str, Any]

_ENDED = frozenset({"Failed", "Succeeded"})
_ROLE = "node-role.kubernetes.io/"
_SYSTEM = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
    ("Kube-Proxy Version", "kubeProxyVersion"),
)
_CONDITIONS = ("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message")
_PODS = (
    "Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age",
)  # fmt: skip
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_BINARY = frozenset({"memory", "ephemeral-storage"})


class Share(NamedTuple):
    """How much of a resource is asked for, and how much there is."""

    resource: str
    amount: Decimal
    there: Decimal

    def __str__(self) -> str:
        """Return `100m (5%)`."""
        percent = int(self.amount / self.there * 100) if self.there else 0
        return f"{written(self.amount, binary=self.resource in _BINARY)} ({percent}%)"


def describe_node(
    node: JSON, pods: Iterable[JSON], events: Iterable[JSON] | None, clock: Clock
) -> str:
    """Return what `kubectl describe node` prints of a node, without a lease: there are none.

    `events` None: without that section.
    """
    here = [pod for pod in pods if _runs_on(pod, node["metadata"]["name"])]
    allocatable = {
        name: quantity(str(amount)) or Decimal(0)
        for name, amount in ((node.get("status") or {}).get("allocatable") or {}).items()
    }
    lines = [
        *_head(node, clock),
        *_conditions(node, clock),
        *_possessions(node),
        *_system(node),
        *_pod_lines(here, allocatable, clock),
        *_allocated(here, allocatable),
    ]
    if events is not None:
        lines += event_lines(events, clock)
    return align(lines)


def _runs_on(pod: JSON, node: str) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return pod["spec"].get("nodeName") == node and phase not in _ENDED


def _head(node: JSON, clock: Clock) -> Iterator[str]:
    meta, spec = node["metadata"], node.get("spec") or {}
    labels = meta.get("labels") or {}
    roles = sorted(name.removeprefix(_ROLE) for name in labels if name.startswith(_ROLE))
    yield f"Name:\t{meta['name']}"
    yield f"Roles:\t{','.join(filter(None, roles)) or '<none>'}"
    yield from pair_lines("Labels", labels)
    yield from annotation_lines(meta.get("annotations") or {})
    yield f"CreationTimestamp:\t{clock.date(meta.get('creationTimestamp'))}"
    yield from _taints(spec.get("taints") or ())
    yield f"Unschedulable:\t{'true' if spec.get('unschedulable') else 'false'}"


def _taints(taints: Iterable[JSON]) -> Iterator[str]:
    begin = "Taints:\t"
    for taint in taints:
        value = f"={taint['value']}" if taint.get("value") else ""
        yield f"{begin}{taint['key']}{value}:{taint['effect']}"
        begin = "\t"
    if not taints:
        yield f"{begin}<none>"


def _conditions(node: JSON, clock: Clock) -> Iterator[str]:
    conditions = (node.get("status") or {}).get("conditions") or ()
    if not conditions:
        return
    yield "Conditions:"
    yield from rows([_CONDITIONS, _rule(_CONDITIONS)])
    for each in conditions:
        # kubectl ends the cells of a row with a blank, but not those of its header
        yield "  " + " \t".join(
            (
                each["type"],
                each["status"],
                clock.date(each.get("lastHeartbeatTime")),
                clock.date(each.get("lastTransitionTime")),
                each.get("reason", ""),
                each.get("message", ""),
            )
        )


def _possessions(node: JSON) -> Iterator[str]:
    status = node.get("status") or {}
    yield "Addresses:"
    yield from (f"  {each['type']}:\t{each['address']}" for each in status.get("addresses") or ())
    for title in ("Capacity", "Allocatable"):
        if amounts := status.get(title.lower()):
            yield f"{title}:"
            yield from (f"  {name}:\t{amounts[name]}" for name in sorted(amounts))


def _system(node: JSON) -> Iterator[str]:
    spec, info = node.get("spec") or {}, (node.get("status") or {}).get("nodeInfo") or {}
    yield "System Info:"
    yield from (f"  {title}:\t{info.get(field, '')}" for title, field in _SYSTEM)
    if spec.get("podCIDR"):
        yield f"PodCIDR:\t{spec['podCIDR']}"
    if spec.get("podCIDRs"):
        yield f"PodCIDRs:\t{','.join(spec['podCIDRs'])}"


def _pod_lines(
    pods: Sequence[JSON], allocatable: Mapping[str, Decimal], clock: Clock
) -> Iterator[str]:
    yield f"Non-terminated Pods:\t({len(pods)} in total)"
    # kubectl sets two more tabs before the names: they stand in one column with the titles above
    yield f"  {_PODS[0]}\t{_PODS[1]}\t\t" + "\t".join(_PODS[2:])
    rule = _rule(_PODS)
    yield f"  {rule[0]}\t{rule[1]}\t\t" + "\t".join(rule[2:])
    for pod in pods:
        meta = pod["metadata"]
        shares = [
            str(
                Share(
                    name,
                    asked_for(pod, side).get(name, Decimal(0)),
                    allocatable.get(name, Decimal(0)),
                )
            )
            for name in ("cpu", "memory")
            for side in ("requests", "limits")
        ]
        age = clock.since(meta.get("creationTimestamp"))
        yield f"  {meta['namespace']}\t{meta['name']}\t\t" + "\t".join([*shares, age])


def _allocated(pods: Sequence[JSON], allocatable: Mapping[str, Decimal]) -> Iterator[str]:
    yield "Allocated resources:"
    yield "  (Total limits may be over 100 percent, i.e., overcommitted.)"
    header = ("Resource", "Requests", "Limits")
    yield from rows([header, _rule(header)])
    for name in _RESOURCES:
        there = allocatable.get(name, Decimal(0))
        sums = [
            sum((asked_for(pod, side).get(name, Decimal(0)) for pod in pods), Decimal(0))
            for side in ("requests", "limits")
        ]
        yield from rows([(name, *(Share(name, each, there) for each in sums))])


def asked_for(pod: JSON, side: str) -> dict[str, Decimal]:
    """Return a pod's "requests" or "limits": all containers together, or one that runs before."""
    spec = pod["spec"]
    total: dict[str, Decimal] = {}
    for container in spec.get("containers") or ():
        for name, amount in _amounts(container, side):
            total[name] = total.get(name, Decimal(0)) + amount
    for container in spec.get("initContainers") or ():
        for name, amount in _amounts(container, side):
            total[name] = max(total.get(name, Decimal(0)), amount)
    return total


def _amounts(container: JSON, side: str) -> Iterator[tuple[str, Decimal]]:
    for name, amount in ((container.get("resources") or {}).get(side) or {}).items():
        yield name, quantity(str(amount)) or Decimal(0)


def _rule(titles: Iterable[str]) -> list[str]:
    return ["-" * len(title) for title in titles]
