"""Creation: one pod by Kubernetes' route, many by minipod's own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from minipod.store.protocol import Key

from .conftest import OWN, PODS, until

WEB = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "main", "image": "x:1"}]},
}
YAML = """
apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  containers:
  - {name: main, image: "x:1"}
"""


def manifests(*texts: str, **more: Any) -> dict[str, Any]:
    sources = [{"name": f"{number}.yaml", "text": text} for number, text in enumerate(texts)]
    return {"sources": sources, **more}


class TestOnePod:
    """POST to Kubernetes' route."""

    def test_the_answer_is_the_settled_pod(self, api):
        answer = api.ask("POST", PODS, json=WEB)
        assert answer.code == 201
        assert answer.json["status"]["phase"] == "Running"
        assert answer.json == api.engine.get("web")
        assert answer.json["spec"]["restartPolicy"] == "Always", "defaults are filled in"

    def test_yaml_is_taken_too(self, api):
        headers = {"Content-Type": "application/yaml"}
        assert api.ask("POST", PODS, data=YAML % "web", headers=headers).code == 201

    def test_a_missing_content_type_means_json(self, api):
        """Kubernetes' Python client sends none."""
        answer = api.ask(
            "POST", PODS, data=json.dumps(WEB).encode(), skip_auto_headers=["Content-Type"]
        )
        assert answer.code == 201

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    @pytest.mark.parametrize("language", ["application/cbor", "application/xml", "text/plain"])
    def test_a_language_that_is_not_spoken_is_told_with_those_that_are(self, api, method, language):
        api.engine.add("web")
        path = PODS if method == "POST" else f"{PODS}/web"
        headers = {"Content-Type": language}
        answer = api.ask(method, path, data=json.dumps(WEB).encode(), headers=headers)
        assert (answer.code, answer.json["reason"]) == (415, "UnsupportedMediaType")
        assert "application/json, application/yaml" in answer.json["message"]

    def test_a_pod_in_protobuf_is_refused_with_what_is_read_instead(self, api):
        """As `debug --copy-to` of kubectl 1.33 sends it, which shows the message."""
        headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
        body = b"k8s\0" + b"\x0a\x09" + b"\x0a\x02v1" + b"\x12\x03Pod"
        answer = api.ask("POST", PODS, data=body, headers=headers)
        assert (answer.code, answer.json["reason"]) == (415, "UnsupportedMediaType")
        assert answer.json["message"] == (
            "cannot read Pod in protobuf: the body of the request was in an unknown format - "
            "accepted media types include: application/json, application/yaml"
        )

    def test_broken_protobuf_is_a_bad_request(self, api):
        headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
        answer = api.ask("POST", PODS, data=b"k8s\0", headers=headers)
        assert answer.code == 400
        assert "protobuf is broken" in answer.json["message"]

    def test_the_namespace_is_the_paths(self, api):
        assert api.ask("POST", "/api/v1/namespaces/a/pods", json=WEB).code == 201
        assert api.engine.store.get(Key("Pod", "a", "web")) is not None
        other = {**WEB, "metadata": {"name": "web", "namespace": "b"}}
        assert api.ask("POST", PODS, json=other).code == 400

    def test_a_taken_name_is_a_conflict(self, api):
        api.ask("POST", PODS, json=WEB)
        answer = api.ask("POST", PODS, json=WEB)
        assert (answer.code, answer.json["reason"]) == (409, "AlreadyExists")

    def test_an_invalid_pod_has_a_cause_for_each_problem(self, api):
        containers = [{"name": "UPPER", "image": "x"}, {"name": "b", "image": "x", "ports": [{}]}]
        answer = api.ask("POST", PODS, json={**WEB, "spec": {"containers": containers}})
        assert (answer.code, answer.json["reason"]) == (422, "Invalid")
        fields = {cause["field"] for cause in answer.json["details"]["causes"]}
        assert fields == {
            "spec.containers[0].name",
            "spec.containers[1].ports[0].containerPort",
        }
        assert api.engine.store.version == 0

    def test_unknown_fields_warn_or_fail_as_the_client_asks(self, api):
        odd = {**WEB, "spec": {**WEB["spec"], "odd": 1}}
        warned = api.ask("POST", f"{PODS}?dryRun=All&fieldValidation=Warn", json=odd)
        assert (warned.code, warned.warnings) == (201, ['299 - "unknown field \\"spec.odd\\""'])
        failed = api.ask("POST", f"{PODS}?fieldValidation=Strict", json=odd)
        assert failed.code == 400
        assert 'strict decoding error: unknown field "spec.odd"' in failed.json["message"]
        assert api.ask("POST", f"{PODS}?fieldValidation=Maybe", json=WEB).code == 400

    def test_a_dry_run_checks_and_stores_nothing(self, api):
        answer = api.ask("POST", f"{PODS}?dryRun=All", json=WEB)
        assert (answer.code, answer.json["metadata"]["name"]) == (201, "web")
        assert api.engine.store.version == 0
        assert api.ask("POST", f"{PODS}?dryRun=Some", json=WEB).code == 400

    def test_a_name_is_generated(self, api):
        nameless = {**WEB, "metadata": {"generateName": "web-"}}
        names = {api.ask("POST", PODS, json=nameless).json["metadata"]["name"] for _ in range(5)}
        assert len(names) == 5
        assert all(len(name) == 9 and name.startswith("web-") for name in names)

    def test_the_engines_warnings_are_headers(self, api):
        api.engine.warnings = ('a "quoted" one\nin two lines',)
        answer = api.ask("POST", PODS, json=WEB)
        assert answer.warnings == ['299 - "a \\"quoted\\" one in two lines"']


class TestManyPods:
    """POST /manifests."""

    def test_each_pod_is_a_line_in_the_order_of_the_documents(self, api):
        text = "---".join(YAML % name for name in "cab")
        answer = api.ask("POST", f"{OWN}/manifests", json=manifests(text, YAML % "d"))
        assert answer.code == 200
        created = [line["object"] for line in answer.lines if line["type"] == "CREATED"]
        assert [obj["metadata"]["name"] for obj in created] == [*"cabd"]
        assert {obj["status"]["phase"] for obj in created} == {"Running"}

    def test_warnings_come_first(self, api):
        text = (YAML % "web").replace('image: "x:1"', "command: [sleep]")
        first, *_, last = api.ask("POST", f"{OWN}/manifests", json=manifests(text)).lines
        assert first["type"] == "WARNING"
        assert "0.yaml:" in first["message"]
        assert last["type"] == "CREATED"

    def test_a_port_that_stands_twice_is_an_error_if_asked(self, api):
        ports = "command: [a], ports: [{containerPort: 80}, {containerPort: 80}]"
        body = manifests((YAML % "web").replace('image: "x:1"', f'image: "x:1", {ports}'))
        words = "0.yaml:7:75: spec.containers[0].ports[1]: duplicate port definition with "
        answer = api.ask("POST", f"{OWN}/manifests?strictPorts=true", json=body)
        assert answer.code == 400
        assert answer.json["message"].startswith(words)
        assert answer.json["details"]["causes"][0]["reason"] == "FieldValueDuplicate"
        assert api.engine.store.version == 0
        warning, created = api.ask("POST", f"{OWN}/manifests", json=body).lines
        assert warning["message"].startswith(words)
        assert created["type"] == "CREATED"

    def test_one_bad_document_and_nothing_is_created(self, api):
        bad = (YAML % "bad").replace("containers", "contaners")
        answer = api.ask("POST", f"{OWN}/manifests", json=manifests(YAML % "good", bad, "a: ["))
        assert answer.code == 400
        lines = answer.json["message"].splitlines()
        assert any(line.startswith("1.yaml:6:3: spec.contaners") for line in lines), lines
        assert any(line.startswith("2.yaml:") for line in lines), lines
        assert len(answer.json["details"]["causes"]) == len(lines)
        assert api.engine.store.version == 0

    def test_a_pod_that_exists_is_an_error_line_and_the_others_go_on(self, api):
        api.engine.add("a")
        answer = api.ask("POST", f"{OWN}/manifests", json=manifests(YAML % "a", YAML % "b"))
        failed, created = answer.lines
        assert (failed["type"], failed["status"]["reason"]) == ("ERROR", "AlreadyExists")
        assert failed["status"]["details"] == {"kind": "pods", "name": "a"}
        assert created["object"]["metadata"]["name"] == "b"

    def test_a_bug_in_one_pod_does_not_stop_the_others(self, api, monkeypatch, caplog):
        create = api.engine.create_pod

        async def flawed(obj):
            if obj["metadata"]["name"] == "a":
                raise RuntimeError("secret")
            return await create(obj)

        monkeypatch.setattr(api.engine, "create_pod", flawed)
        answer = api.ask("POST", f"{OWN}/manifests", json=manifests(YAML % "a", YAML % "b"))
        assert [line["type"] for line in answer.lines] == ["ERROR", "CREATED"]
        assert b"secret" not in answer.body
        assert "secret" in caplog.text

    def test_four_pods_are_in_flight(self, api):
        text = "---".join(YAML % f"p{number}" for number in range(20))
        assert len(api.ask("POST", f"{OWN}/manifests", json=manifests(text)).lines) == 20
        assert api.engine.most_in_flight == 4

    def test_a_line_is_sent_as_soon_as_its_pod_has_settled(self, api):
        async def scenario():
            api.engine.held["b"] = asyncio.Event()
            body = manifests(YAML % "a", YAML % "b")
            async with api.client.post(f"{OWN}/manifests", json=body) as response:
                first = json.loads(await response.content.readline())
                assert first["object"]["metadata"]["name"] == "a"
                api.engine.held["b"].set()
                second = json.loads(await response.content.readline())
                assert second["object"]["metadata"]["name"] == "b"

        api.run(scenario())

    def test_a_client_that_hangs_up_leaves_no_pod_half_made(self, api):
        async def scenario():
            api.engine.creation.clear()
            async with api.client.post(
                f"{OWN}/manifests", json=manifests(*(YAML % name for name in "abcdef"))
            ):
                before = asyncio.all_tasks()
            await until(lambda: asyncio.all_tasks() != before)
            api.engine.creation.set()
            await until(lambda: len(api.engine.store.list("Pod")) >= 4)

        api.run(scenario())
        names = [obj["metadata"]["name"] for obj in api.engine.store.list("Pod")]
        assert names == [*"abcd"], "what was begun is finished, and no more is begun"

    def test_the_namespace_of_the_user(self, api):
        body = manifests(YAML % "a", defaultNamespace="x")
        assert api.ask("POST", f"{OWN}/manifests", json=body).code == 200
        assert api.ask("POST", f"{OWN}/manifests?namespace=y", json=body).code == 200
        namespaces = [obj["metadata"]["namespace"] for obj in api.engine.store.list("Pod")]
        assert namespaces == ["x", "y"]

    def test_a_dry_run_stores_nothing(self, api):
        answer = api.ask("POST", f"{OWN}/manifests?dryRun=All", json=manifests(YAML % "a"))
        assert [line["type"] for line in answer.lines] == ["CREATED"]
        assert api.engine.store.version == 0

    @pytest.mark.parametrize("body", [b"{", b"[]", b'{"sources": [1]}', b""])
    def test_a_body_that_is_none_is_a_bad_request(self, api, body):
        answer = api.ask("POST", f"{OWN}/manifests", data=body)
        assert (answer.code, answer.json["reason"]) == (400, "BadRequest")


def test_decode_names_the_objects_for_delete(api):
    answer = api.ask("POST", f"{OWN}/decode", json=manifests(YAML % "a", YAML % "b"))
    assert answer.json == {
        "objects": [
            {"kind": "Pod", "namespace": "default", "name": "a"},
            {"kind": "Pod", "namespace": "default", "name": "b"},
        ]
    }
