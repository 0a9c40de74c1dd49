"""Get and list, discovery, and what holds for every request."""

from __future__ import annotations

import logging

import pytest

from .conftest import OWN, PODS, TABLE


def test_get_returns_the_object(api):
    api.engine.add("web")
    answer = api.get(f"{PODS}/web")
    assert (answer.code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == api.engine.get("web")


def test_an_object_that_is_not_there_is_a_status(api):
    answer = api.get(f"{PODS}/nope")
    assert answer.code == 404
    assert answer.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'pods "nope" not found',
        "reason": "NotFound",
        "details": {"kind": "pods", "name": "nope"},
        "code": 404,
    }


def test_a_status_names_the_object_whatever_it_is_called(api):
    for name in ("default", "pods", "log"):
        details = {"kind": "pods", "name": name}
        assert api.get(f"{PODS}/{name}").json["details"] == details
        assert api.get(f"{PODS}/{name}/log").json["details"] == details


def test_list_has_the_version_from_which_a_watch_goes_on(api):
    api.engine.add("b")
    api.engine.add("a")
    api.engine.add("x", "other")
    answer = api.get(PODS).json
    assert (answer["kind"], answer["metadata"]) == ("PodList", {"resourceVersion": "3"})
    assert [obj["metadata"]["name"] for obj in answer["items"]] == ["a", "b"]


def test_list_over_all_namespaces(api):
    api.engine.add("a")
    api.engine.add("x", "other")
    assert len(api.get("/api/v1/pods?limit=500").json["items"]) == 2


def test_list_with_selectors(api):
    api.engine.add("a", labels={"app": "web"})
    api.engine.add("b", labels={"app": "web"})
    api.engine.add("c")
    query = "labelSelector=app%3Dweb&fieldSelector=metadata.name!%3Da"
    items = api.get(f"{PODS}?{query}").json["items"]
    assert [obj["metadata"]["name"] for obj in items] == ["b"]


def test_a_bad_selector_is_a_bad_request_with_a_hint(api):
    answer = api.get(f"{PODS}?labelSelector=a%20b")
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")
    assert "app=web" in answer.json["details"]["hint"]


def test_list_and_get_as_tables(api):
    api.engine.add("web")
    for path in (PODS, f"{PODS}/web"):
        made = api.get(path, headers={"Accept": TABLE}).json
        assert made["kind"] == "Table"
        assert [row["cells"][0] for row in made["rows"]] == ["web"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/namespaces", "NamespaceList"),
        ("/api/v1/nodes", "NodeList"),
        ("/api/v1/events", "EventList"),
        ("/api/v1/namespaces/default/events", "EventList"),
    ],
)
def test_every_kind_can_be_listed(api, path, kind):
    assert api.get(path).json["kind"] == kind


def test_objects_without_a_namespace(api):
    api.engine.store.create({"kind": "Node", "metadata": {"name": "n1"}})
    assert api.get("/api/v1/nodes/n1").json["metadata"]["name"] == "n1"
    assert api.get("/api/v1/nodes/n2").json["message"] == 'nodes "n2" not found'
    assert api.get("/api/v1/namespaces/x").json["message"] == 'namespaces "x" not found'


def test_discovery_answers_what_clients_ask_first(api):
    assert api.get("/api?timeout=32s").json["versions"] == ["v1"]
    own, _ = api.get("/apis").json["groups"]
    assert own["preferredVersion"]["groupVersion"] == "minipod.dev/v1"
    (conflicts,) = api.get("/apis/minipod.dev/v1").json["resources"]
    assert (conflicts["kind"], conflicts["shortNames"]) == ("PortConflict", ["conflicts"])
    assert (api.get("/openapi/v2").code, api.get("/openapi/v2").body) == (200, b"")
    assert api.get("/healthz").body == b"ok"
    version = api.get("/version").json
    assert (version["major"], version["minor"]) == ("1", "32")
    assert all(isinstance(value, str) for value in version.values())


def test_resources_have_their_short_names(api):
    resources = {each["name"]: each for each in api.get("/api/v1").json["resources"]}
    assert resources["pods"]["shortNames"] == ["po"]
    assert "deletecollection" in resources["pods"]["verbs"]
    assert resources["pods/log"]["verbs"] == ["get"]
    assert not resources["nodes"]["namespaced"]


def test_a_trailing_slash_changes_nothing(api):
    """Kubernetes' Python client asks for /version/ and /api/."""
    assert api.get("/version/").json == api.get("/version").json
    assert api.get("/api/").code == 200


def test_what_is_not_there_is_a_status(api):
    for path in ("/", "/nope", "/apis/apps/v1/deployments"):
        answer = api.get(path)
        assert (answer.code, answer.json["kind"]) == (404, "Status")
        assert answer.json["message"] == "the server could not find the requested resource"
        assert answer.json["details"]["causes"], "kubectl debug panics without details"


@pytest.mark.parametrize(
    ("subresource", "command"),
    [("exec", "minipod exec"), ("attach", "minipod attach"), ("portforward", "port-forward")],
)
def test_what_a_command_does_instead_of_the_api_is_said(api, subresource, command):
    api.engine.add("web")
    for method in ("GET", "POST"):
        answer = api.ask(method, f"{PODS}/web/{subresource}")
        assert (answer.code, answer.json["reason"]) == (405, "MethodNotAllowed")
        assert command in answer.json["message"]
        assert api.ask(method, f"{PODS}/nope/{subresource}").code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_method_that_is_not_there_is_a_status(api, method):
    api.engine.add("web")
    answer = api.ask(method, "/api/v1/nodes/node", json={})
    assert (answer.code, answer.json["reason"]) == (405, "MethodNotAllowed")


def test_a_bug_is_logged_and_told_without_its_inside(api, monkeypatch, caplog):
    def broken():
        raise RuntimeError("secret")

    monkeypatch.setattr(api.engine.images, "list", broken)
    with caplog.at_level(logging.ERROR, "minipod"):
        answer = api.get(f"{OWN}/images")
    assert (answer.code, answer.json["reason"]) == (500, "InternalError")
    assert b"secret" not in answer.body
    assert "server.log" in answer.json["details"]["hint"]
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("value", "watches"),
    [("true", True), ("True", True), ("1", True), ("false", False), ("F", False)],
)
def test_booleans_are_read_as_go_does(api, value, watches):
    """Kubernetes' Python client sends watch=True."""
    answer = api.get(f"{PODS}?watch={value}&timeoutSeconds=1&resourceVersion=77")
    assert (answer.json.get("type") == "ERROR") is watches


def test_a_parameter_that_makes_no_sense_is_refused(api):
    answer = api.get(f"{PODS}?watch=perhaps")
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")
    assert 'watch: "perhaps"' in answer.json["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("resourceVersion=0", 200),
        ("resourceVersion=1", 200),
        ("resourceVersion=1&resourceVersionMatch=NotOlderThan", 200),
        ("resourceVersion=2&resourceVersionMatch=Exact", 200),
        ("resourceVersion=1&resourceVersionMatch=Exact", 410),
        ("resourceVersion=99", 504),
        ("resourceVersion=old", 400),
        ("resourceVersionMatch=Exact", 400),
        ("resourceVersion=1&resourceVersionMatch=Nearly", 400),
    ],
)
def test_a_list_of_another_version_than_there_is_is_refused(api, query, code):
    """Clients that are told the current state for another one would act on what is not so."""
    api.engine.add("web")
    api.engine.add("db")
    assert api.get(f"{PODS}?{query}").code == code


def test_people_get_indented_json(api):
    api.engine.add("web")
    assert b"\n  " not in api.get(f"{PODS}/web").body
    assert b"\n  " in api.get(f"{PODS}/web?pretty=true").body
    assert b"\n  " in api.get(f"{PODS}/web", headers={"User-Agent": "curl/8.0"}).body
