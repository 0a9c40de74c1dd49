"""Namespaces, created and deleted as Kubernetes' clients do it."""

from __future__ import annotations

import base64

import pytest

from minipod.store.protocol import Key

PATH = "/api/v1/namespaces"
LAB = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}
PROTOBUF = {"Content-Type": "application/vnd.kubernetes.protobuf"}
SENT = base64.b64decode("azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhsKEwoDbGFiEgAaACIAKgAyADgAQgASABoCCgAaACIA")
"""What kubectl 1.33 sends for `create namespace lab`."""


def stored(api):
    return api.engine.store.get(Key("Namespace", "", "lab"))


def test_a_namespace_is_created_active(api):
    answer = api.ask("POST", PATH, json=LAB)
    assert (answer.code, answer.json) == (201, stored(api))
    assert answer.json["status"] == {"phase": "Active"}
    assert answer.json["metadata"]["labels"] == {"kubernetes.io/metadata.name": "lab"}
    assert answer.json["metadata"]["uid"]
    again = api.ask("POST", PATH, json=LAB)
    assert (again.code, again.json["reason"]) == (409, "AlreadyExists")


def test_kubectls_protobuf_is_read(api):
    answer = api.ask("POST", PATH, data=SENT, headers=PROTOBUF)
    assert (answer.code, answer.json["metadata"]["name"]) == (201, "lab")


@pytest.mark.parametrize("name", ["Bad_Name", "a.b", "", "x" * 64])
def test_a_name_is_a_dns_label(api, name):
    answer = api.ask("POST", PATH, json=LAB | {"metadata": {"name": name}})
    assert (answer.code, answer.json["reason"]) == (422, "Invalid")
    assert answer.json["details"]["kind"] == "Namespace"
    assert answer.json["details"]["causes"][0]["field"] == "metadata.name"


def test_a_dry_run_makes_and_deletes_nothing(api):
    assert api.ask("POST", f"{PATH}?dryRun=All", json=LAB).code == 201
    assert stored(api) is None
    api.ask("POST", PATH, json=LAB)
    assert api.ask("DELETE", f"{PATH}/lab?dryRun=All").json == stored(api)
    assert stored(api)["status"]["phase"] == "Active"


def test_a_deleted_namespace_is_terminating_and_then_gone(api):
    api.ask("POST", PATH, json=LAB)
    api.engine.ending.clear()
    answer = api.ask("DELETE", f"{PATH}/lab")
    assert (answer.code, answer.json["status"]["phase"]) == (200, "Terminating")
    assert stored(api) == answer.json
    api.engine.ending.set()
    api.run(api.engine.namespaces.gone("lab"))
    assert stored(api) is None
    assert api.ask("DELETE", f"{PATH}/lab").code == 404


@pytest.mark.parametrize("options", ["", "?dryRun=All"])
def test_the_default_namespace_stays_and_a_dry_run_says_so_too(api, options):
    api.engine.namespaces.ensure("default")
    answer = api.ask("DELETE", f"{PATH}/default{options}")
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    assert answer.json["message"] == (
        'namespaces "default" is forbidden: this namespace may not be deleted'
    )


@pytest.mark.parametrize("condition", [{"uid": "other"}, {"resourceVersion": "999"}])
def test_another_than_the_one_that_is_meant_is_a_conflict(api, condition):
    api.ask("POST", PATH, json=LAB)
    answer = api.ask("DELETE", f"{PATH}/lab", json={"preconditions": condition})
    assert (answer.code, answer.json["reason"]) == (409, "Conflict")
    assert stored(api)["status"]["phase"] == "Active"


def test_a_dry_run_of_a_pod_is_refused_where_the_pod_would_be(api):
    api.ask("POST", PATH, json=LAB)
    api.engine.ending.clear()
    api.ask("DELETE", f"{PATH}/lab")
    containers = [{"name": "main", "image": "x"}]
    pod = {"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": containers}}
    answer = api.ask("POST", f"{PATH}/lab/pods?dryRun=All", json=pod)
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    assert "because it is being terminated" in answer.json["message"]
    api.engine.ending.set()
