"""What may become of an object that is there, in the API server's words."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from minipod.errors import BadRequest, Conflict, InvalidObject
from minipod.manifest import NAMESPACE, POD, changed, decode_object
from minipod.model.host_ports import HOST_PORTS_ANNOTATION

JSON = dict[str, Any]
MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
FORBIDDEN = (
    'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than '
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
)


def live(**spec: Any) -> JSON:
    obj = decode_object(POD, file(**spec), namespace="default").obj
    owned = {"uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-01-02T03:04:05Z"}
    obj["spec"]["nodeName"] = "node"
    return obj | {"metadata": obj["metadata"] | owned, "status": {"phase": "Running"}}


def file(metadata: JSON | None = None, **spec: Any) -> JSON:
    containers = [{"name": "a", "image": "x:1", "command": ["sleep", "1"]}]
    metadata = {"name": "web"} | (metadata or {})
    spec = {"containers": containers} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def replaced(old: JSON, new: JSON) -> JSON:
    return changed(old, decode_object(POD, new, namespace="default"))


def test_a_file_that_says_the_same_changes_nothing() -> None:
    assert replaced(live(), file()) == live()


def test_what_the_server_sets_stays() -> None:
    sent = live()
    sent["metadata"] |= {"creationTimestamp": "2000-01-01T00:00:00Z", "generation": 9}
    sent["status"] = {"phase": "Failed"}
    assert replaced(live(), sent) == live()


def test_labels_annotations_and_images_change() -> None:
    container = {"name": "a", "image": "x:2", "command": ["sleep", "1"]}
    new = replaced(live(), file({"labels": {"a": "b"}}, containers=[container]))
    assert new["metadata"]["labels"] == {"a": "b"}
    assert new["spec"]["containers"][0]["image"] == "x:2"
    assert new["metadata"]["uid"] == "u"


def test_another_name_is_refused() -> None:
    words = r"the name of the object \(other\) does not match the name on the URL \(web\)"
    with pytest.raises(BadRequest, match=words):
        replaced(live(), file({"name": "other"}))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (
            {"resourceVersion": "6"},
            MODIFIED,
        ),
        (
            {"uid": "v"},
            "Precondition failed: UID in precondition: v, UID in object meta: u",
        ),
    ],
)
def test_an_old_version_or_another_uid_is_a_conflict(sent: JSON, words: str) -> None:
    with pytest.raises(Conflict) as refused:
        replaced(live(), file(sent))
    assert refused.value.message == f'Operation cannot be fulfilled on pods "web": {words}'


def test_a_deletion_cannot_be_set_by_a_change() -> None:
    with pytest.raises(InvalidObject, match=r"metadata\.deletionTimestamp: .*field is immutable"):
        replaced(live(), file({"deletionTimestamp": "2026-01-02T03:04:05Z"}))


def test_what_may_not_change_is_refused_with_both_values() -> None:
    container = {"name": "a", "image": "x:1", "command": ["sleep", "2"]}
    with pytest.raises(InvalidObject) as refused:
        replaced(live(), file(containers=[container], restartPolicy="Never"))
    assert refused.value.message == FORBIDDEN + (
        '- spec.containers[0].command[1]: "1"\n'
        '+ spec.containers[0].command[1]: "2"\n'
        '- spec.restartPolicy: "Always"\n'
        '+ spec.restartPolicy: "Never"'
    )
    (problem,) = refused.value.problems
    assert (problem.field, problem.reason) == ("spec", "FieldValueForbidden")


def test_containers_cannot_come_or_go() -> None:
    two = [{"name": name, "image": "x:1", "command": ["sleep", "1"]} for name in "ab"]
    words = r"spec\.containers: Forbidden: pod updates may not add or remove containers$"
    with pytest.raises(InvalidObject, match=words):
        replaced(live(), file(containers=two))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (None, 60, None),
        (60, 30, None),
        (60, 60, None),
        (30, 60, "Invalid value: 60: must be less than or equal to previous value"),
        (30, None, "Invalid value: null: must not update from a positive integer to nil value"),
    ],
)
def test_a_deadline_may_be_set_and_lowered(
    old: int | None, new: int | None, words: str | None
) -> None:
    before = live(**({} if old is None else {"activeDeadlineSeconds": old}))
    after = file(**({} if new is None else {"activeDeadlineSeconds": new}))
    if words is None:
        assert replaced(before, after)["spec"]["activeDeadlineSeconds"] == new
    else:
        with pytest.raises(InvalidObject) as refused:
            replaced(before, after)
        assert refused.value.message == (
            f'Pod "web" is invalid: spec.activeDeadlineSeconds: {words}'
        )


def test_tolerations_may_be_added_and_last_otherwise() -> None:
    old, other = {"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}
    more = [old | {"tolerationSeconds": 5}, other]
    assert replaced(live(tolerations=[old]), file(tolerations=more))["spec"]["tolerations"] == more
    with pytest.raises(InvalidObject, match="existing toleration can not be modified except"):
        replaced(live(tolerations=[old]), file(tolerations=[other]))


def test_host_ports_that_were_added_stay_when_a_file_replaces_the_pod() -> None:
    before = live()
    before["metadata"]["annotations"] = {HOST_PORTS_ANNOTATION: "8080:80/TCP"}
    kept = replaced(before, file({"annotations": {"a": "b"}}))
    assert kept["metadata"]["annotations"] == {"a": "b", HOST_PORTS_ANNOTATION: "8080:80/TCP"}
    read = deepcopy(before)  # its uid tells
    read["metadata"]["annotations"] = {}
    assert replaced(before, read)["metadata"]["annotations"] == {}, "whoever has read it may"


def test_a_namespace_keeps_the_label_of_its_name() -> None:
    lab = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}
    before = decode_object(NAMESPACE, lab).obj | {"status": {"phase": "Active"}}
    before["metadata"] |= {"uid": "u", "resourceVersion": "3"}
    sent = lab | {"metadata": {"name": "lab", "labels": {"a": "b"}}}
    after = changed(before, decode_object(NAMESPACE, sent))
    assert after["metadata"]["labels"] == {"a": "b", "kubernetes.io/metadata.name": "lab"}
    assert (after["status"], after["spec"]) == (before["status"], {"finalizers": ["kubernetes"]})
