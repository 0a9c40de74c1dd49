"""POST /manifests with its actions: create, apply, replace."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from minipod.patch import LAST_APPLIED
from minipod.store.protocol import Key

from .conftest import OWN, until

NEVER = (
    "resource pods/web is missing the kubectl.kubernetes.io/last-applied-configuration annotation "
    "which is required by kubectl apply. kubectl apply should only be used on resources created "
    "declaratively by either kubectl create --save-config or kubectl apply. The missing annotation "
    "will be patched automatically."
)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"


def web(metadata: str = "", image: str = "x:1", name: str = "web") -> str:
    return (
        "apiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: {name}{metadata}}}\n"
        f"spec: {{containers: [{{name: main, image: '{image}'}}]}}\n"
    )


@pytest.fixture
def submit(api: Any) -> Any:
    def submit(action: str, *texts: str, **parameters: str) -> list[Any]:
        sources = [{"name": f"{number}.yaml", "text": text} for number, text in enumerate(texts)]
        answer = api.ask(
            "POST",
            f"{OWN}/manifests",
            json={"sources": sources},
            params={"action": action, **parameters},
        )
        assert answer.code == 200, answer.json
        return answer.lines

    return submit


def types(lines: list[Any]) -> list[str]:
    return [line["type"] for line in lines]


def test_apply_creates_then_leaves_then_configures(api, submit):
    assert types(submit("apply", web())) == ["CREATED"]
    live = api.engine.get("web")
    assert live["metadata"]["annotations"][LAST_APPLIED] == (
        '{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{},"name":"web",'
        '"namespace":"default"},"spec":{"containers":[{"image":"x:1","name":"main"}]}}\n'
    )
    assert types(submit("apply", web())) == ["UNCHANGED"]
    assert api.engine.get("web") == live
    (line,) = submit("apply", web(", labels: {a: b}", "x:2"))
    assert line["type"] == "CONFIGURED"
    assert line["object"] == api.engine.get("web")
    assert line["object"]["metadata"]["labels"] == {"a": "b"}
    assert line["object"]["spec"]["containers"][0]["image"] == "x:2"


def test_of_two_that_apply_at_once_one_creates_and_the_other_finds_it_there(api):
    api.engine.creation.clear()

    async def apply() -> str:
        sources = [{"name": "web.yaml", "text": web()}]
        async with api.client.post(
            f"{OWN}/manifests", json={"sources": sources}, params={"action": "apply"}
        ) as response:
            line: str = json.loads(await response.text())["type"]
            return line

    async def scenario() -> list[str]:
        both = asyncio.gather(apply(), apply())
        await until(lambda: len(api.engine.creation._waiters) == 2)
        api.engine.creation.set()
        return await both

    assert sorted(api.run(scenario())) == ["CREATED", "UNCHANGED"]


def test_what_left_the_file_leaves_the_object_and_others_labels_stay(api, submit):
    submit("apply", web(", labels: {a: b, c: d}"))
    live = api.engine.get("web")
    live["metadata"]["labels"]["by"] = "others"
    api.engine.store.update(live)
    submit("apply", web(", labels: {a: b}"))
    assert api.engine.get("web")["metadata"]["labels"] == {"a": "b", "by": "others"}


def test_an_object_that_was_never_applied_is_warned_of(api, submit):
    submit("create", web())
    warning, line = submit("apply", web())
    assert warning == {"type": "WARNING", "message": NEVER}
    assert line["type"] == "CONFIGURED"
    assert types(submit("apply", web())) == ["UNCHANGED"]


def test_a_change_of_what_is_being_deleted_is_warned_of(api, submit):
    submit("apply", web())
    live = api.engine.get("web")
    live["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    api.engine.store.update(live)
    warning, line = submit("apply", web(", labels: {a: b}"))
    assert warning["message"] == (
        "Detected changes to resource pods/web which is currently being deleted."
    )
    assert line["type"] == "CONFIGURED"


@pytest.mark.parametrize("action", ["apply", "diff"])
def test_apply_wants_a_name(submit, action):
    nameless = web().replace("name: web", "generateName: web-")
    (line,) = submit(action, nameless)
    assert line["type"] == "ERROR"
    assert line["status"]["message"] == "from web-: cannot use generate name with apply"


def test_a_diff_tells_what_is_there_and_what_apply_would_make_of_it(api, submit):
    submit("apply", web(", labels: {a: b, c: d}"))
    live, version = api.engine.get("web"), api.engine.store.version
    same, changed = submit("diff", web(", labels: {a: b, c: d}")), web(", labels: {a: z}", "x:2")
    assert same == [{"type": "MERGED", "object": live, "live": live}]
    (line,) = submit("diff", changed)
    assert line["live"] == live
    assert line["object"]["metadata"] == live["metadata"] | {"labels": {"a": "z"}}
    assert line["object"]["spec"]["containers"][0]["image"] == "x:2"
    assert api.engine.store.version == version
    (applied,) = submit("apply", changed, dryRun="All")
    assert applied["object"]["spec"] == line["object"]["spec"]


def test_a_diff_of_what_is_not_there_tells_what_would_be_created(api, submit):
    version = api.engine.store.version
    (line,) = submit("diff", web())
    assert (line["type"], "live" in line) == ("MERGED", False)
    assert line["object"]["spec"]["restartPolicy"] == "Always"
    assert "annotations" not in line["object"]["metadata"]
    assert api.engine.store.version == version


def test_a_diff_of_what_was_never_applied_takes_nothing_away(api, submit):
    submit("create", web(", labels: {a: b}, annotations: {c: d}"))
    live = api.engine.get("web")
    assert submit("diff", web()) == [{"type": "MERGED", "object": live, "live": live}]


def test_a_diff_of_what_may_not_change_is_refused(submit):
    submit("create", web())
    (line,) = submit("diff", web().replace("containers", "restartPolicy: Never, containers"))
    assert (line["type"], line["status"]["reason"]) == ("ERROR", "Invalid")


def test_a_label_selector_means_what_the_files_say(api, submit):
    documents = "---\n".join(web(f", labels: {{app: {name}}}", name=name) for name in "abc")
    lines = submit("diff", documents, labelSelector="app notin (b)")
    assert [line["object"]["metadata"]["name"] for line in lines] == ["a", "c"]
    assert submit("diff", documents, labelSelector="app=z") == []
    body = {"sources": [{"name": "a.yaml", "text": documents}]}
    answer = api.ask("POST", f"{OWN}/manifests?action=diff&labelSelector=a==", json=body)
    assert answer.code == 200
    answer = api.ask("POST", f"{OWN}/manifests?action=diff&labelSelector=,", json=body)
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")


def test_replace_takes_the_place_of_what_is_there(api, submit):
    submit("create", web(", labels: {a: b}"))
    uid = api.engine.get("web")["metadata"]["uid"]
    (line,) = submit("replace", web(image="x:2"))
    assert line["type"] == "REPLACED"
    live = api.engine.get("web")
    assert ("labels" in live["metadata"], live["metadata"]["uid"]) == (False, uid)
    assert live["spec"]["containers"][0]["image"] == "x:2"


def test_replace_of_nothing_is_not_found(submit):
    (line,) = submit("replace", web())
    assert (line["type"], line["status"]["reason"]) == ("ERROR", "NotFound")
    assert line["status"]["details"] == {"kind": "pods", "name": "web"}


def test_replace_by_force_ends_at_once_and_creates(api, submit):
    submit("create", web())
    uid = api.engine.get("web")["metadata"]["uid"]
    changed = web().replace("containers", "restartPolicy: Never, containers")
    assert types(submit("replace", changed)) == ["ERROR"]
    assert types(submit("replace", changed, force="true", dryRun="All")) == ["REPLACED"]
    assert api.engine.get("web")["metadata"]["uid"] == uid
    gone, made = submit("replace", changed, force="true")
    assert (gone["type"], made["type"]) == ("DELETED", "REPLACED")
    assert api.engine.graces == {"web": 0}
    assert api.engine.get("web")["metadata"]["uid"] == made["object"]["metadata"]["uid"] != uid
    assert gone["object"]["metadata"]["uid"] == uid
    assert types(submit("replace", web(name="new"), force="true")) == ["REPLACED"]
    submit("replace", changed, force="true", gracePeriodSeconds="5")
    assert api.engine.graces["web"] == 5


@pytest.mark.parametrize("action", ["create", "apply", "replace"])
def test_a_dry_run_changes_nothing(api, submit, action):
    if action != "create":
        submit("apply", web())
    version = api.engine.store.version
    (line,) = submit(action, web(", labels: {a: b}"), dryRun="All")
    assert line["object"]["metadata"]["labels"] == {"a": "b"}
    assert api.engine.store.version == version


def test_a_dry_run_tells_that_a_name_is_taken(submit):
    submit("create", web())
    (line,) = submit("create", web(), dryRun="All")
    assert line["status"]["reason"] == "AlreadyExists"


def test_a_namespace_is_there_before_the_pods_that_name_it(api, submit):
    """And the lines come in the documents' order."""
    pods = [web(", namespace: lab", name=name) for name in "abcde"]
    lines = submit("create", "---\n".join([*pods, NAMESPACE]))
    assert types(lines) == ["CREATED"] * 6
    assert [line["object"]["kind"] for line in lines] == ["Pod"] * 5 + ["Namespace"]
    assert types(submit("apply", NAMESPACE.replace("lab", "lab, labels: {a: b}"))) == [
        "WARNING",
        "CONFIGURED",
    ]
    stored = api.engine.store.get(Key("Namespace", "", "lab"))
    assert stored["metadata"]["labels"] == {"a": "b", "kubernetes.io/metadata.name": "lab"}


def test_one_that_fails_does_not_keep_the_others(submit):
    submit("create", web())
    lines = submit("create", web(), web(name="other"))
    assert types(lines) == ["ERROR", "CREATED"]


def test_bad_documents_and_actions_do_nothing(api):
    body = {"sources": [{"name": "a.yaml", "text": web() + "---\nkind: [\n"}]}
    for query, words in (
        ("action=apply", "a.yaml:"),
        ("action=odd", 'parameter action: "odd" is not supported'),
    ):
        answer = api.ask("POST", f"{OWN}/manifests?{query}", json=body)
        assert answer.code == 400
        assert words in answer.json["message"]
    empty = api.ask("POST", f"{OWN}/manifests?action=apply", json={"sources": []})
    assert empty.json["message"] == "no objects passed to apply"
    assert api.engine.store.version == 0


def test_delete_by_file_learns_of_namespaces_too(api):
    body = {"sources": [{"name": "a.yaml", "text": f"{web()}---\n{NAMESPACE}"}]}
    found = api.ask("POST", f"{OWN}/decode", json=body).json["objects"]
    assert found == [
        {"kind": "Pod", "namespace": "default", "name": "web"},
        {"kind": "Namespace", "namespace": "", "name": "lab"},
    ]
