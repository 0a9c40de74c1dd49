"""Tables have kubectl's columns and Kubernetes' cells."""

from __future__ import annotations

import pytest

from minipod.api.tables import Form, table, wanted

from .conftest import TABLE
from .fake_engine import CREATED_AT, pod, running

NOW = 1767326645.0  # an hour after CREATED_AT


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", True),
        ("application/json; as=Table; g=meta.k8s.io; v=v1", True),
        (f"application/json;as=Table;v=v2;g=meta.k8s.io,{TABLE}", True),
        ("application/json", False),
        ("application/json,application/json;as=Table;v=v1;g=meta.k8s.io", False),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", False),
        ("application/vnd.kubernetes.protobuf,application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_table_is_made_for_who_asks_for_it_first(accept, expected):
    assert wanted(accept, "").table is expected


def rows(kind, *objects):
    made = table(kind, objects, "7", Form(table=True), NOW)
    names = [column["name"] for column in made["columnDefinitions"]]
    return [dict(zip(names, row["cells"], strict=True)) for row in made["rows"]]


def columns(kind, priority):
    made = table(kind, [], "7", Form(table=True), NOW)
    return [each["name"] for each in made["columnDefinitions"] if each["priority"] == priority]


def test_the_columns_of_pods():
    assert columns("Pod", 0) == ["Name", "Ready", "Status", "Restarts", "Age"]
    assert columns("Pod", 1) == ["IP", "Node", "Nominated Node", "Readiness Gates"]


def test_the_cells_of_a_pod():
    web = pod("web")
    assert rows("Pod", {**web, "status": running(web)}) == [
        {
            "Name": "web",
            "Ready": "1/1",
            "Status": "Running",
            "Restarts": "0",
            "Age": "60m",
            "IP": "10.244.0.2",
            "Node": "node",
            "Nominated Node": "<none>",
            "Readiness Gates": "<none>",
        }
    ]


def test_the_columns_and_cells_of_events():
    assert columns("Event", 0) == ["Last Seen", "Type", "Reason", "Object", "Message"]
    event = {
        "metadata": {"name": "web.1"},
        "type": "Warning",
        "reason": "BackOff",
        "message": "back-off 10s\n",
        "involvedObject": {
            "kind": "Pod",
            "name": "web",
            "fieldPath": "spec.containers{main}",
        },
        "source": {"component": "minipod", "host": "node"},
        "firstTimestamp": CREATED_AT,
        "lastTimestamp": "2026-01-02T04:04:00Z",
        "count": 3,
    }
    assert rows("Event", event) == [
        {
            "Last Seen": "5s",
            "Type": "Warning",
            "Reason": "BackOff",
            "Object": "pod/web",
            "Subobject": "spec.containers{main}",
            "Source": "minipod, node",
            "Message": "back-off 10s",
            "First Seen": "60m",
            "Count": 3,
            "Name": "web.1",
        }
    ]


def test_an_event_that_says_little_is_printed_too():
    (row,) = rows("Event", {"metadata": {"name": "x"}})
    assert (row["Last Seen"], row["Count"], row["Object"]) == ("<unknown>", 1, "")


def test_the_columns_and_cells_of_nodes():
    node = {
        "metadata": {
            "name": "n1",
            "creationTimestamp": CREATED_AT,
            "labels": {"node-role.kubernetes.io/control-plane": ""},
        },
        "spec": {"unschedulable": True},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "172.30.0.2"}],
            "nodeInfo": {"kubeletVersion": "v1", "osImage": "Debian", "kernelVersion": "6.1"},
        },
    }
    assert columns("Node", 0) == ["Name", "Status", "Roles", "Age", "Version"]
    (row,) = rows("Node", node)
    assert row["Status"] == "Ready,SchedulingDisabled"
    assert row["Roles"] == "control-plane"
    assert (row["Internal-IP"], row["External-IP"]) == ("172.30.0.2", "<none>")
    assert row["Container-Runtime"] == "<unknown>"


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ([], "Unknown"),
        ([{"type": "Ready", "status": "False"}], "NotReady"),
        ([{"type": "Ready", "status": "True"}], "Ready"),
    ],
)
def test_the_status_of_a_node(conditions, word):
    (row,) = rows("Node", {"metadata": {"name": "n"}, "status": {"conditions": conditions}})
    assert row["Status"] == word
    assert row["Roles"] == "<none>"


def test_the_columns_and_cells_of_namespaces():
    assert columns("Namespace", 0) == ["Name", "Status", "Age"]
    (row,) = rows(
        "Namespace",
        {"metadata": {"name": "a", "creationTimestamp": CREATED_AT}, "status": {"phase": "Active"}},
    )
    assert row == {"Name": "a", "Status": "Active", "Age": "60m"}


@pytest.mark.parametrize(
    ("include", "kind"), [("Metadata", "PartialObjectMetadata"), ("Object", "Pod"), ("None", None)]
)
def test_a_row_includes_as_much_of_its_object_as_is_asked_for(include, kind):
    (row,) = table("Pod", [pod("web")], "7", Form(table=True, include=include), NOW)["rows"]
    assert (row["object"] or {}).get("kind") == kind


def test_later_events_of_a_watch_have_no_columns():
    assert table("Pod", [], "7", Form(), NOW, columns=False)["columnDefinitions"] is None
