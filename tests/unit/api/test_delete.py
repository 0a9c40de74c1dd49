"""Deletion of one pod and of many."""

from __future__ import annotations

import pytest

from .conftest import PODS


def test_delete_returns_the_pod(api):
    api.engine.add("web")
    answer = api.ask("DELETE", f"{PODS}/web")
    assert (answer.code, answer.json["kind"]) == (200, "Pod")
    assert "deletionTimestamp" in answer.json["metadata"]
    assert api.engine.graces == {"web": None}


@pytest.mark.parametrize(
    ("query", "body", "grace"),
    [
        ("?gracePeriodSeconds=3", None, 3),
        ("", {"gracePeriodSeconds": 0}, 0),
        ("?gracePeriodSeconds=3", {"gracePeriodSeconds": 5}, 3),
        (
            "",
            {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"},
            None,
        ),
    ],
)
def test_the_grace_period_comes_from_the_query_or_the_body(api, query, body, grace):
    api.engine.add("web")
    assert api.ask("DELETE", f"{PODS}/web{query}", json=body).code == 200
    assert api.engine.graces == {"web": grace}


@pytest.mark.parametrize(
    "request_parts",
    [
        {"json": {"gracePeriodSeconds": -1}},
        {"params": {"gracePeriodSeconds": "soon"}},
        {"params": {"gracePeriodSeconds": "-1"}},
        {"data": b"{", "headers": {"Content-Type": "application/json"}},
        {"json": {"gracePeriodSeconds": "3"}},
        {"json": {"dryRun": ["Some"]}},
        {"json": {"propagationPolicy": "Sometimes"}},
    ],
)
def test_options_that_make_no_sense_delete_nothing(api, request_parts):
    api.engine.add("web")
    assert api.ask("DELETE", f"{PODS}/web", **request_parts).code == 400
    assert api.engine.get("web")


def test_preconditions_must_hold(api):
    made = api.engine.add("web")
    wrong = [{"uid": "other"}, {"resourceVersion": "99"}]
    for each in wrong:
        for dry_run in ([], ["All"]):
            options = {"preconditions": each, "dryRun": dry_run}
            answer = api.ask("DELETE", f"{PODS}/web", json=options)
            assert (answer.code, answer.json["reason"]) == (409, "Conflict")
            assert "Precondition failed" in answer.json["message"]
    right = {"uid": made["metadata"]["uid"], "resourceVersion": "1"}
    assert api.ask("DELETE", f"{PODS}/web", json={"preconditions": right}).code == 200


def test_a_pod_that_is_not_there_is_not_found(api):
    assert api.ask("DELETE", f"{PODS}/web").code == 404


def test_a_dry_run_deletes_nothing(api):
    api.engine.add("web")
    assert api.ask("DELETE", f"{PODS}/web", json={"dryRun": ["All"]}).code == 200
    assert api.ask("DELETE", f"{PODS}?dryRun=All").code == 200
    assert "deletionTimestamp" not in api.engine.get("web")["metadata"]


def test_the_engines_warnings_are_headers(api):
    api.engine.add("web")
    api.engine.warnings = ("it does not hear SIGTERM",)
    assert api.ask("DELETE", f"{PODS}/web").warnings == ['299 - "it does not hear SIGTERM"']


def test_a_collection_is_deleted_by_selector_in_its_namespace(api):
    for name, labels in (("a", {"app": "web"}), ("b", {"app": "web"}), ("c", {})):
        api.engine.add(name, labels=labels)
    api.engine.add("d", "other", labels={"app": "web"})
    answer = api.ask("DELETE", f"{PODS}?labelSelector=app%3Dweb", json={"gracePeriodSeconds": 1})
    assert answer.json["kind"] == "PodList"
    assert [obj["metadata"]["name"] for obj in answer.json["items"]] == ["a", "b"]
    assert api.engine.graces == {"a": 1, "b": 1}
    assert [obj["metadata"]["name"] for obj in api.engine.store.list("Pod")] == ["c", "d"]


EVENTS = "/api/v1/namespaces/default/events"


@pytest.fixture
def events(api):
    for name, reason in (("a", "Started"), ("b", "Killing"), ("c", "Started")):
        metadata = {"name": name, "namespace": "default"}
        api.engine.store.create({"kind": "Event", "metadata": metadata, "reason": reason})
    return lambda: [event["metadata"]["name"] for event in api.engine.store.list("Event")]


def test_an_event_is_deleted(api, events):
    answer = api.ask("DELETE", f"{EVENTS}/a")
    assert (answer.code, answer.json["status"]) == (200, "Success")
    assert events() == ["b", "c"]
    assert api.ask("DELETE", f"{EVENTS}/a").code == 404


def test_an_event_that_is_another_one_stays(api, events):
    other = {"preconditions": {"uid": "other"}}
    answer = api.ask("DELETE", f"{EVENTS}/a", json=other)
    assert (answer.code, answer.json["reason"]) == (409, "Conflict")
    assert events() == ["a", "b", "c"]


def test_the_events_that_a_selector_means_are_deleted(api, events):
    api.ask("DELETE", f"{EVENTS}?dryRun=All")
    assert events() == ["a", "b", "c"]
    answer = api.ask("DELETE", f"{EVENTS}?fieldSelector=reason=Started")
    assert [event["metadata"]["name"] for event in answer.json["items"]] == ["a", "c"]
    assert events() == ["b"]
