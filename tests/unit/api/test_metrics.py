"""The metrics API: as a metrics server answers `kubectl top`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minipod.model.usage import MACHINE, Place
from minipod.plan.objects import Machine, node_object

from .fake_engine import pod, running

if TYPE_CHECKING:
    from .conftest import Api

METRICS = "/apis/metrics.k8s.io/v1beta1"


def add(api: Api, name: str, *containers: str, namespace: str = "default", **parts: Any) -> None:
    made = pod(name, namespace, containers=containers, **parts)
    made["metadata"]["uid"] = f"{name}-uid"
    api.engine.store.create(made | {"status": running(made)})


def test_the_group_is_found(api: Api) -> None:
    groups = [each["name"] for each in api.get("/apis").json["groups"]]
    assert groups == ["minipod.dev", "metrics.k8s.io"]
    found = {each["name"]: each["kind"] for each in api.get(METRICS).json["resources"]}
    assert found == {"nodes": "NodeMetrics", "pods": "PodMetrics"}


def test_pods_tell_what_each_container_uses(api: Api) -> None:
    add(api, "web", "main", "side", labels={"app": "web"})
    answer = api.get(f"{METRICS}/namespaces/default/pods").json
    assert (answer["kind"], answer["apiVersion"]) == ("PodMetricsList", "metrics.k8s.io/v1beta1")
    (item,) = answer["items"]
    usage = {"cpu": "500000000n", "memory": "1024Ki"}
    assert item["containers"] == [
        {"name": "main", "usage": usage},
        {"name": "side", "usage": usage},
    ]
    assert item["window"] == "0.250s"
    assert item["metadata"]["labels"] == {"app": "web"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item["timestamp"])
    assert api.engine.gauge.asked == [[Place("web-uid", "main"), Place("web-uid", "side")]]


def test_pods_are_chosen_as_everywhere(api: Api) -> None:
    add(api, "a", "main", labels={"app": "x"})
    add(api, "b", "main", namespace="lab")

    def names(path: str) -> list[str]:
        return [each["metadata"]["name"] for each in api.get(METRICS + path).json["items"]]

    assert names("/pods") == ["a", "b"]
    assert names("/namespaces/lab/pods") == ["b"]
    assert names("/pods?labelSelector=app%3Dx") == ["a"]
    assert names("/pods?fieldSelector=metadata.name%3Db") == ["b"]


def test_a_pod_in_which_nothing_runs_is_left_out(api: Api) -> None:
    api.engine.add("done", status={"phase": "Succeeded"})
    assert api.get(f"{METRICS}/pods").json["items"] == []
    missing = api.get(f"{METRICS}/namespaces/default/pods/done")
    assert (missing.code, missing.json["message"]) == (
        404, 'podmetrics.metrics.k8s.io "default/done" not found',
    )  # fmt: skip
    assert api.get(f"{METRICS}/namespaces/default/pods/none").code == 404
    add(api, "web", "main")
    assert api.get(f"{METRICS}/namespaces/default/pods/web").json["kind"] == "PodMetrics"


def test_a_node_uses_what_the_machine_uses(api: Api) -> None:
    machine = Machine("vm", "6", "amd64", "Linux", "0", processors=2, memory=4 << 30)
    node = node_object(machine, "u", "2026-01-02T03:04:05Z")
    assert node["status"]["capacity"] == {"cpu": "2", "memory": "4194304Ki", "pods": "253"}
    api.engine.store.create(node)
    (item,) = api.get(f"{METRICS}/nodes").json["items"]
    assert item["usage"] == {"cpu": "500000000n", "memory": "1024Ki"}
    assert api.engine.gauge.asked == [[MACHINE]]
    assert api.get(f"{METRICS}/nodes/vm").json["kind"] == "NodeMetrics"
    assert api.get(f"{METRICS}/nodes/none").code == 404
