"""PUT and PATCH, as Kubernetes' clients use them."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.api.changing import TRIES
from minipod.store.protocol import Key

from .conftest import PODS

WEB = f"{PODS}/web"
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
LABEL = {"metadata": {"labels": {"a": "b"}}}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "main", "image": "x:1"}]},
}


@pytest.fixture
def live(api: Any) -> Any:
    api.ask("POST", PODS, json=POD)
    return api.engine.get("web")


def test_put_replaces_the_pod(api, live):
    answer = api.ask("PUT", WEB, json=POD | {"metadata": {"name": "web", "labels": {"a": "b"}}})
    assert answer.code == 200
    assert answer.json["metadata"]["labels"] == {"a": "b"}
    assert answer.json["metadata"]["uid"] == live["metadata"]["uid"]
    assert answer.json["status"] == live["status"]
    assert answer.json == api.engine.get("web")


@pytest.mark.parametrize(
    ("headers", "patch"),
    [
        (STRATEGIC, LABEL),
        (MERGE, LABEL),
        (JSON_PATCH, [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]),
    ],
)
def test_each_kind_of_patch_changes_the_pod(api, live, headers, patch):
    answer = api.ask("PATCH", WEB, json=patch, headers=headers)
    assert (answer.code, answer.json["metadata"]["labels"]) == (200, {"a": "b"})
    assert answer.json == api.engine.get("web")


def test_a_patch_that_changes_nothing_makes_no_version(api, live):
    answer = api.ask("PATCH", WEB, json={}, headers=STRATEGIC)
    assert answer.json == live


def test_a_dry_run_shows_the_pod_and_stores_nothing(api, live):
    answer = api.ask("PATCH", f"{WEB}?dryRun=All", json=LABEL, headers=MERGE)
    assert answer.json["metadata"]["labels"] == {"a": "b"}
    assert api.engine.get("web") == live
    assert api.ask("PUT", f"{WEB}?dryRun=All", json=POD).code == 200
    assert api.engine.get("web") == live


def test_a_patch_is_made_again_when_somebody_was_faster(api, live):
    live["metadata"]["labels"] = {"by": "others"}
    api.engine.meanwhile = [live]
    answer = api.ask("PATCH", WEB, json=LABEL, headers=MERGE)
    assert (answer.code, answer.json["metadata"]["labels"]) == (200, {"a": "b", "by": "others"})


def test_a_patch_is_made_however_many_are_faster(api, live, monkeypatch):
    async def then_another_change(decide):
        decided = decide()
        api.engine.set_status("web", {"phase": f"{len(changes)}"})
        changes.append(decided)
        return decided

    changes: list[Any] = []
    monkeypatch.setattr("minipod.api.changing.asyncio.to_thread", then_another_change)
    answer = api.ask("PATCH", WEB, json=LABEL, headers=MERGE)
    assert (answer.code, answer.json["metadata"]["labels"]) == (200, {"a": "b"})
    assert len(changes) == TRIES - 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_old_version_is_a_conflict(api, live, method):
    version = live["metadata"]["resourceVersion"]
    api.engine.set_status("web", {"phase": "Failed"})
    sent = POD | {"metadata": {"name": "web", "resourceVersion": version}}
    answer = api.ask(method, WEB, json=sent, headers=MERGE if method == "PATCH" else {})
    assert (answer.code, answer.json["reason"]) == (409, "Conflict")
    assert answer.json["message"] == (
        'Operation cannot be fulfilled on pods "web": the object has been modified; please apply '
        "your changes to the latest version and try again"
    )


def test_a_version_that_gets_old_meanwhile_is_a_conflict(api, live):
    version = live["metadata"]["resourceVersion"]
    api.engine.meanwhile = [live | {"status": {"phase": "Failed"}}]
    patch = {"metadata": {"resourceVersion": version, "labels": {"a": "b"}}}
    assert api.ask("PATCH", WEB, json=patch, headers=MERGE).code == 409
    assert "labels" not in api.engine.get("web")["metadata"]


def test_a_change_that_is_not_allowed_tells_its_field_and_kind(api, live):
    patch = {"spec": {"restartPolicy": "Never"}}
    answer = api.ask("PATCH", WEB, json=patch, headers=STRATEGIC)
    assert (answer.code, answer.json["reason"]) == (422, "Invalid")
    details = answer.json["details"]
    assert (details["kind"], details["name"]) == ("Pod", "web")
    assert [cause["field"] for cause in details["causes"]] == ["spec"]
    assert api.engine.get("web") == live


@pytest.mark.parametrize(
    ("headers", "body", "code", "words"),
    [
        (STRATEGIC, b"{", 400, "cannot read the patch"),
        (STRATEGIC, b"[]", 400, "it is no mapping"),
        (MERGE, b'{"a":"\xff"}', 400, "cannot read the patch: not UTF-8: the byte 0xff"),
        (MERGE, b"[" * 10_000 + b"]" * 10_000, 400, "cannot read the patch: lists and mappings"),
        (STRATEGIC, b'{"a":' * 600 + b"1" + b"}" * 600, 400, "nested too deep"),
        (MERGE, b'{"a":' * 600 + b"1" + b"}" * 600, 400, "nested deeper than 100"),
        (JSON_PATCH, b"{}", 400, "a JSON patch is a list of operations"),
        (JSON_PATCH, b'[{"op":"remove","path":"/no"}]', 422, "the patch cannot be applied"),
        (MERGE, b"7", 400, "it is no mapping"),
        (MERGE, b'{"spec":{"containers":7}}', 400, "must be a list"),
        (MERGE, b'{"metadata":{"name":"other"}}', 400, "does not match the name on the URL"),
        (MERGE, b'{"kind":"Service"}', 400, "cannot be handled as a Pod"),
        ({"Content-Type": "application/apply-patch+yaml"}, b"", 415, "application/json-patch+json"),
        ({"Content-Type": "application/json"}, b"{}", 415, "media types"),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused(api, live, headers, body, code, words):
    answer = api.ask("PATCH", WEB, data=body, headers=headers)
    assert (answer.code, answer.json["code"]) == (code, code)
    assert words in answer.json["message"]
    assert api.engine.get("web") == live


def test_unknown_fields_warn_or_fail_as_the_client_asks(api, live):
    patch = {"spec": {"odd": 1}}
    warned = api.ask("PATCH", WEB, json=patch, headers=MERGE)
    assert (warned.code, warned.warnings) == (200, ['299 - "unknown field \\"spec.odd\\""'])
    failed = api.ask("PATCH", f"{WEB}?fieldValidation=Strict", json=patch, headers=MERGE)
    assert failed.code == 400


def test_a_field_that_minipod_does_not_act_on_is_warned_of_once(api, live):
    patch = {"metadata": {"finalizers": ["x/y"]}}
    (warning,) = api.ask("PATCH", WEB, json=patch, headers=MERGE).warnings
    assert "metadata.finalizers: minipod does not act on this field yet" in warning
    assert api.ask("PATCH", WEB, json=LABEL, headers=MERGE).warnings == []


@pytest.mark.parametrize("path", [f"{PODS}/no", "/api/v1/namespaces/no"])
def test_what_is_not_there_is_not_found(api, path):
    assert api.ask("PATCH", path, json=LABEL, headers=MERGE).code == 404
    assert api.ask("PUT", path, json=POD).code == 404


def test_a_namespace_takes_labels_and_annotations(api):
    api.engine.namespaces.ensure("lab")
    path = "/api/v1/namespaces/lab"
    answer = api.ask("PATCH", path, json=LABEL, headers=STRATEGIC)
    assert answer.json["metadata"]["labels"] == {"a": "b", "kubernetes.io/metadata.name": "lab"}
    sent = answer.json | {"metadata": answer.json["metadata"] | {"annotations": {"c": "d"}}}
    assert api.ask("PUT", path, json=sent).json["metadata"]["annotations"] == {"c": "d"}
    stored = api.engine.store.get(Key("Namespace", "", "lab"))
    assert stored["metadata"]["annotations"] == {"c": "d"}
    assert stored["status"] == {"phase": "Active"}
