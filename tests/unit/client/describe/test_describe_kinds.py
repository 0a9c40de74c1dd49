"""Nodes, namespaces and other kinds in words; tests/e2e holds the layout against kubectl."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from minipod.client.describe.anything import describe_anything, label
from minipod.client.describe.clock import Clock
from minipod.client.describe.namespace import describe_namespace
from minipod.client.describe.node import asked_for, describe_node
from minipod.client.text.quantity import written

CREATED = "2026-01-02T03:04:05Z"
CLOCK = Clock(1767323105.0, UTC)


def pod(name: str, node: str = "vm", phase: str = "Running", **requests: str) -> dict[str, Any]:
    container = {"name": "main", "resources": {"requests": requests}}
    return {
        "metadata": {"name": name, "namespace": "default", "creationTimestamp": CREATED},
        "spec": {"nodeName": node, "containers": [container]},
        "status": {"phase": phase},
    }


NODE: dict[str, Any] = {
    "metadata": {
        "name": "vm",
        "creationTimestamp": CREATED,
        "labels": {"node-role.kubernetes.io/worker": ""},
    },
    "spec": {
        "unschedulable": True,
        "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}, {"key": "c", "effect": "X"}],
        "podCIDR": "10.244.0.0/24",
        "podCIDRs": ["10.244.0.0/24"],
    },
    "status": {
        "addresses": [{"type": "Hostname", "address": "vm"}],
        "capacity": {"cpu": "2", "memory": "1Gi"},
        "allocatable": {"cpu": "2", "memory": "1Gi"},
        "nodeInfo": {"kernelVersion": "6"},
    },
}


def test_a_node_tells_what_its_pods_ask_for() -> None:
    pods = [
        pod("web", cpu="100m", memory="512Mi"),
        pod("db", cpu="150m"),
        pod("done", phase="Succeeded", cpu="1"),
        pod("far", node="other", cpu="1"),
    ]
    shown = describe_node(NODE, pods, None, CLOCK)
    assert "Roles:              worker\n" in shown
    assert "Taints:             a=b:NoSchedule\n                    c:X\n" in shown
    assert "Unschedulable:      true\n" in shown
    assert "(2 in total)" in shown
    assert "cpu                250m (12%)   0 (0%)" in shown
    assert "memory             512Mi (50%)  0 (0%)" in shown
    assert "Events" not in shown
    assert describe_node(NODE, [], [], CLOCK).endswith("Events:              <none>")


def test_what_runs_before_counts_where_it_asks_for_more() -> None:
    one = pod("a", cpu="1")
    before = [{"resources": {"requests": {"cpu": "3", "memory": "1Mi"}}}]
    one["spec"]["initContainers"] = before
    assert asked_for(one, "requests") == {"cpu": Decimal(3), "memory": Decimal(1 << 20)}


def test_a_namespace_is_short() -> None:
    meta = {"name": "lab", "labels": {"a": "b"}}
    assert describe_namespace({"metadata": meta, "status": {"phase": "Active"}}, CLOCK) == (
        "Name:         lab\nLabels:       a=b\nAnnotations:  <none>\nStatus:       Active"
    )
    condition = {"type": "X", "status": "True", "lastTransitionTime": CREATED, "message": "m"}
    shown = describe_namespace({"metadata": meta, "status": {"conditions": [condition]}}, CLOCK)
    assert "X     True    Fri, 02 Jan 2026 03:04:05 +0000          m" in shown


def test_an_object_of_another_kind_is_told_field_by_field() -> None:
    obj = {
        "apiVersion": "minipod.dev/v1",
        "kind": "PortConflict",
        "metadata": {"name": "x", "namespace": "default", "uid": "u", "labels": {"a": "b"}},
        "holder": {"pid": 7, "since": None},
        "list": [{"a": True}, "plain"],
    }
    assert describe_anything(obj, [], CLOCK) == (
        "Name:         x\n"
        "Namespace:    default\n"
        "Labels:       a=b\n"
        "Annotations:  <none>\n"
        "API Version:  minipod.dev/v1\n"
        "Holder:\n"
        "  Pid:    7\n"
        "  Since:  <nil>\n"
        "Kind:     PortConflict\n"
        "List:\n"
        "  A:  true\n"
        "  plain\n"
        "Metadata:\n"
        "  UID:   u\n"
        "Events:  <none>"
    )


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("apiVersion", "API Version"),
        ("creationTimestamp", "Creation Timestamp"),
        ("uid", "UID"),
        ("podIP", "Pod IP"),
        ("a.b/c", "a.b/c"),
    ],
)
def test_a_field_reads_as_words(field: str, words: str) -> None:
    assert label(field) == words


@pytest.mark.parametrize(
    ("amount", "binary", "text"),
    [
        ("0", False, "0"),
        ("1", False, "1"),
        ("2000", False, "2k"),
        ("0.25", False, "250m"),
        ("0.0005", False, "500u"),
        ("0.0000000005", False, "0n"),
        ("1610612736", True, "1536Mi"),
        ("1000", True, "1000"),
    ],
)
def test_an_amount_is_written_with_the_greatest_suffix(
    amount: str, binary: bool, text: str
) -> None:
    assert written(Decimal(amount), binary=binary) == text
