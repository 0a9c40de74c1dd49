"""What the metrics API tells, as the rows of `kubectl top`."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.text.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    JSON = dict[str, Any]

_MEBI = 1 << 20
_RULE = "________"


class Order(StrEnum):
    """What stands first: who uses most of it."""

    CPU = "cpu"
    MEMORY = "memory"


class Amount(NamedTuple):
    """Processors and bytes."""

    cpu: Decimal = Decimal(0)
    memory: Decimal = Decimal(0)

    def cells(self) -> list[str]:
        """Return both as kubectl rounds them: thousandths up, mebibytes down."""
        return [f"{_thousandths(self.cpu)}m", f"{int(self.memory) // _MEBI}Mi"]


class Shown(NamedTuple):
    """Which columns there are, and in which order the rows stand (None: by name)."""

    namespaces: bool = False
    containers: bool = False
    order: Order | None = None


def pod_header(shown: Shown) -> list[str]:
    """Return the titles of the columns."""
    return [
        *(["NAMESPACE"] if shown.namespaces else []),
        *(["POD"] if shown.containers else []),
        "NAME",
        "CPU(cores)",
        "MEMORY(bytes)",
    ]


def pod_rows(pods: Sequence[JSON], shown: Shown) -> list[list[str]]:
    """Return a row for each pod, or for each of its containers."""
    return [row for pod in _sorted_pods(pods, shown) for row in _rows_of(pod, shown)]


def sum_rows(pods: Iterable[JSON], shown: Shown) -> list[list[str]]:
    """Return a line and below it what all use together."""
    before = [""] * (len(pod_header(shown)) - 2)
    return [[*before, _RULE, _RULE], [*before, *_total(map(_used_by_pod, pods)).cells()]]


def node_rows(
    nodes: Iterable[JSON], available: Mapping[str, JSON], order: Order | None
) -> list[list[str]]:
    """Return a row for each node; `available` is what each has to give."""
    return [
        [name, *_shares(_amount(node["usage"]), available.get(name, {}))]
        for node in sorted(nodes, key=lambda node: _rank(node, _amount(node["usage"]), order))
        if (name := node["metadata"]["name"])
    ]


def _rows_of(pod: JSON, shown: Shown) -> list[list[str]]:
    metadata = pod["metadata"]
    before = [metadata["namespace"]] if shown.namespaces else []
    if not shown.containers:
        return [[*before, metadata["name"], *_used_by_pod(pod).cells()]]
    used = sorted(
        ((one["name"], _amount(one["usage"])) for one in pod["containers"]),
        key=lambda each: _by(each[1], shown.order) if shown.order else each[0],
    )
    return [[*before, metadata["name"], name, *amount.cells()] for name, amount in used]


def _sorted_pods(pods: Sequence[JSON], shown: Shown) -> list[JSON]:
    named = sorted(pods, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"]))
    if shown.order is None:
        return named
    order = shown.order
    return sorted(named, key=lambda pod: _by(_used_by_pod(pod), order))


def _rank(node: JSON, used: Amount, order: Order | None) -> tuple[Decimal, str]:
    return _by(used, order) if order else Decimal(0), node["metadata"]["name"]


def _by(used: Amount, order: Order) -> Decimal:
    return -(Decimal(_thousandths(used.cpu)) if order is Order.CPU else used.memory)


def _used_by_pod(pod: JSON) -> Amount:
    return _total(_amount(one["usage"]) for one in pod["containers"])


def _total(amounts: Iterable[Amount]) -> Amount:
    every = list(amounts)
    return Amount(
        sum((a.cpu for a in every), Decimal(0)), sum((a.memory for a in every), Decimal(0))
    )


def _amount(usage: JSON) -> Amount:
    return Amount(
        quantity(usage.get("cpu", "0")) or Decimal(0),
        quantity(usage.get("memory", "0")) or Decimal(0),
    )


def _shares(used: Amount, available: JSON) -> list[str]:
    """Return what is used, and how much of what there is that is."""
    there = _amount(available)
    cpu, memory = used.cells()
    return [cpu, _percent(used.cpu, there.cpu), memory, _percent(used.memory, there.memory)]


def _percent(used: Decimal, there: Decimal) -> str:
    if not there:
        return "<unknown>"
    return f"{int(Decimal(_thousandths(used)) / _thousandths(there) * 100)}%"


def _thousandths(amount: Decimal) -> int:
    return math.ceil(amount * 1000)
