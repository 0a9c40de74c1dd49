"""What `kubectl auth` asks."""

from __future__ import annotations

import pytest

RIGHTS = "/apis/authorization.k8s.io/v1"


def test_whoever_gets_in_may_do_everything(api):
    spec = {"resourceAttributes": {"verb": "create", "resource": "pods"}}
    answer = api.ask("POST", f"{RIGHTS}/selfsubjectaccessreviews", json={"spec": spec})
    assert answer.code == 201
    assert answer.json["status"]["allowed"] is True
    assert answer.json["spec"] == spec


def test_the_rules_are_one_for_resources_and_one_for_paths(api):
    answer = api.ask("POST", f"{RIGHTS}/selfsubjectrulesreviews", json={"spec": {}})
    (rule,) = answer.json["status"]["resourceRules"]
    assert rule == {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


def test_who_one_is_is_root(api):
    answer = api.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", json={})
    assert answer.json["kind"] == "SelfSubjectReview"
    assert answer.json["status"]["userInfo"]["username"] == "root"


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_a_question_that_is_none_is_a_bad_request(api, body):
    headers = {"Content-Type": "application/json"}
    answer = api.ask("POST", f"{RIGHTS}/selfsubjectaccessreviews", data=body, headers=headers)
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")
