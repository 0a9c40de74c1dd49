"""JSON patches, merge patches, and the annotation of apply."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.errors import BadRequest, InvalidObject
from minipod.patch import LAST_APPLIED, json_patch, last_applied, merge_patch, with_last_applied
from minipod.patch.merge_patch import merged


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_as_the_examples_of_rfc_7386(
    target: Any, patch: Any, expected: Any
) -> None:
    assert merged(target, patch) == expected


def test_a_merge_patch_of_an_object_is_a_mapping() -> None:
    with pytest.raises(BadRequest):
        merge_patch({}, [])


def test_a_json_patch_does_its_operations_in_order() -> None:
    obj = {"metadata": {"labels": {"app": "web"}}}
    operations = [
        {"op": "test", "path": "/metadata/labels/app", "value": "web"},
        {"op": "add", "path": "/metadata/labels/x~1y", "value": "1"},
        {"op": "remove", "path": "/metadata/labels/app"},
    ]
    assert json_patch(obj, operations) == {"metadata": {"labels": {"x/y": "1"}}}
    assert obj == {"metadata": {"labels": {"app": "web"}}}


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "test", "path": "/a", "value": 2}],
        [{"op": "remove", "path": "/b"}],
        [{"op": "replace", "path": "/b/c", "value": 1}],
        [{"op": "add", "path": "/list/7", "value": 1}],
    ],
)
def test_a_json_patch_that_does_not_fit_is_invalid(operations: Any) -> None:
    with pytest.raises(InvalidObject) as refused:
        json_patch({"a": 1, "list": []}, operations)
    assert refused.value.problems[0].field == "patch"


def test_a_test_that_fails_tells_what_was_tested() -> None:
    with pytest.raises(InvalidObject, match=r"^the patch cannot be applied: testing value /a fail"):
        json_patch({"a": 1}, [{"op": "test", "path": "/a", "value": 2}])


def test_copies_of_copies_have_an_end() -> None:
    doubled = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 40
    with pytest.raises(BadRequest, match="it copies more than 3 MB"):
        json_patch({"a": ["x"]}, doubled)
    assert json_patch({"a": ["x"]}, doubled[:2]) == {"a": ["x", ["x"], ["x", ["x"]]]}


@pytest.mark.parametrize(
    "operations",
    [
        {"op": "add"},
        ["add"],
        [{"op": "add"}],
        [{"op": "odd", "path": "/a"}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "add", "path": "/a"}],
        [{"op": "copy", "path": "/a"}],
        [{"op": "test", "path": "/a", "value": 1}] * 10_001,
        [{"op": "replace", "path": "", "value": 7}],
    ],
)
def test_what_is_no_json_patch_is_refused(operations: Any) -> None:
    with pytest.raises(BadRequest):
        json_patch({"a": 1}, operations)


def test_the_annotation_is_written_as_kubectl_writes_it() -> None:
    """Seen: kubectl 1.33 apply, of the same object."""
    obj = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "web", "namespace": "default", "annotations": {LAST_APPLIED: "old"}},
        "spec": {"containers": [{"name": "a", "command": ["sh", "-c", "echo <&> é\n"]}]},
    }
    marked = with_last_applied(obj)
    assert marked["metadata"]["annotations"][LAST_APPLIED] == (
        '{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{},"name":"web",'
        '"namespace":"default"},"spec":{"containers":[{"command":["sh","-c",'
        '"echo \\u003c\\u0026\\u003e é\\n"],"name":"a"}]}}\n'
    )
    assert last_applied(marked) == obj | {"metadata": obj["metadata"] | {"annotations": {}}}


@pytest.mark.parametrize("annotations", [{}, {LAST_APPLIED: ""}, {LAST_APPLIED: "null"}, None])
def test_without_the_annotation_nothing_was_applied(annotations: Any) -> None:
    assert last_applied({"metadata": {"annotations": annotations}}) is None


@pytest.mark.parametrize("text", ["{", "[]", "7", "[" * 100_000])
def test_an_annotation_that_cannot_be_read_is_refused_with_a_way_out(text: str) -> None:
    live = {"kind": "Pod", "metadata": {"name": "web", "annotations": {LAST_APPLIED: text}}}
    with pytest.raises(BadRequest, match="cannot apply to pod/web: its annotation") as refused:
        last_applied(live)
    assert refused.value.hint == f"`minipod annotate pod/web {LAST_APPLIED}-` removes it"
