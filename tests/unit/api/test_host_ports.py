"""Host ports over HTTP: added, removed, and looked at before anything runs."""

from __future__ import annotations

import pytest

from minipod.model.host_ports import Taken, parse
from minipod.model.sockets import Holder

from .conftest import OWN

PORTS = f"{OWN}/namespaces/lab/pods/web/hostports"
POD = """\
apiVersion: v1
kind: Pod
metadata: {%s}
spec:
  containers:
  - name: main
    image: x:1
    ports: [{containerPort: 80, hostPort: 8080}]
"""


def sources(*texts):
    named = [{"name": f"{number}.yaml", "text": text} for number, text in enumerate(texts)]
    return {"sources": named}


def items(api, *texts):
    return api.ask("POST", f"{OWN}/lint", json=sources(*texts)).json["items"]


@pytest.mark.parametrize(("method", "verb"), [("PUT", "add"), ("DELETE", "remove")])
def test_ports_are_read_and_told(api, method, verb):
    api.engine.exposure.warnings = ("it is not open",)
    answer = api.ask(method, PORTS, json={"ports": ["8080:80", "127.0.0.1:53:53/udp"]})
    assert answer.json["items"][1] == {
        "protocol": "UDP",
        "hostIP": "127.0.0.1",
        "hostPort": 53,
        "containerPort": 53,
    }
    assert answer.warnings == ['299 - "it is not open"']
    written = ["8080:80/TCP", "127.0.0.1:53:53/UDP"]
    assert api.engine.exposure.asked == [(verb, "lab", "web", written)]


@pytest.mark.parametrize("body", [{"ports": ["80"]}, {"ports": "80:80"}, {}])
def test_what_is_no_port_is_refused(api, body):
    answer = api.ask("PUT", PORTS, json=body)
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")
    assert api.engine.exposure.asked == []


def test_lint_of_a_right_text_has_nothing_to_say_and_creates_nothing(api):
    assert items(api, POD % "name: a") == []
    assert api.engine.store.version == 0


def test_lint_tells_clashes_with_place_and_way_out(api):
    api.engine.exposure.taken = [Taken(parse("8080:80"), Holder(7, "nc"))]
    first, second, third = items(api, POD % "name: a", POD % "generateName: b-")
    assert first == {
        "severity": "error",
        "source": "0.yaml",
        "line": 8,
        "column": 43,
        "field": "spec.containers[0].ports[0].hostPort",
        "message": "hostPort 8080/TCP is taken on this machine by pid 7 (nc)",
        "wayOut": 'give container "main" another hostPort, 8081 is free; or end that program',
    }
    assert [item["source"] for item in (second, third)] == ["1.yaml", "1.yaml"]
    assert "is also wanted by pod default/a, container" in second["message"]


def test_lint_tells_of_added_ports_where_the_annotation_stands(api):
    note = 'name: a, annotations: {minipod.dev/host-ports: "9090:90/TCP"}'
    api.engine.exposure.taken = [Taken(parse("9090:80"), None)]
    (item,) = items(api, POD % note)
    assert item["field"] == "metadata.annotations[minipod.dev/host-ports]"
    assert (item["line"], item["column"]) == (3, 59)


def test_lint_tells_everything_in_the_order_of_the_text(api):
    bad = POD.replace("name: main", "name: MAIN") % "name: a, labels: {a: b c}"
    odd = (POD % "name: b") + "  priorityClassName: high\n"
    twice = (POD % "name: c").replace("[{", "[{containerPort: 80}, {").replace("8080", "8081")
    found = items(api, bad, odd, twice, "a: [")
    assert [(item["severity"], item["source"]) for item in found] == [
        ("error", "0.yaml"),
        ("error", "0.yaml"),
        ("warning", "1.yaml"),
        ("error", "2.yaml"),
        ("error", "3.yaml"),
    ]
    assert found[3]["wayOut"] == "leave one of them out"


def test_lint_takes_the_users_namespace(api):
    texts = sources(POD % "name: a, namespace: x")
    (item,) = api.ask("POST", f"{OWN}/lint?namespace=y", json=texts).json["items"]
    assert "does not match the namespace" in item["message"]
