"""The OpenAPI documents: clients find the kinds in them, the fields, and what may be asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from minipod.api.openapi_document import document
from minipod.api.resources import PODS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "#/components/schemas/"


@pytest.fixture(scope="module")
def core() -> dict[str, Any]:
    return document([each for each in RESOURCES if not each.group])


def test_each_group_has_a_document_at_a_path_that_never_changes_its_answer(api):
    paths = api.get("/openapi/v3").json["paths"]
    assert set(paths) == {"api/v1", "apis/minipod.dev/v1", "apis/metrics.k8s.io/v1beta1"}
    for path, place in paths.items():
        answer = api.get(place["serverRelativeURL"])
        assert answer.json["openapi"] == "3.0.0"
        assert "immutable" in answer.headers["Cache-Control"]
        bare = api.get(f"/openapi/v3/{path}")
        assert bare.body == answer.body
        assert "Cache-Control" not in bare.headers


def test_a_group_that_there_is_not_is_not_found(api):
    for path in ("api/v2", "apis/apps/v1"):
        answer = api.get(f"/openapi/v3/{path}")
        assert (answer.code, answer.json["reason"]) == (404, "NotFound")


def test_version_2_has_no_schema(api):
    assert (api.get("/openapi/v2").code, api.get("/openapi/v2").body) == (200, b"")


def test_every_reference_leads_somewhere(core):
    schemas = core["components"]["schemas"]
    found = {each.removeprefix(SCHEMA) for each in references(core)}
    assert found - set(schemas) == set()
    tops = {name for name, schema in schemas.items() if "x-kubernetes-group-version-kind" in schema}
    assert (
        set(schemas) - found - tops - {"io.k8s.apimachinery.pkg.util.intstr.IntOrString"} == set()
    )


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            assert len(value) == 1, "beside a reference nothing counts"
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_a_kind_is_known_by_its_group_version_and_name(core):
    known = [{"group": "", "version": "v1", "kind": "Pod"}]
    pod = core["components"]["schemas"]["io.k8s.api.core.v1.Pod"]
    assert pod["x-kubernetes-group-version-kind"] == known
    assert pod["properties"]["spec"]["allOf"] == [{"$ref": f"{SCHEMA}io.k8s.api.core.v1.PodSpec"}]
    for path in PODS.collections[-1], PODS.item:
        for operation in core["paths"][path].values():
            assert [operation["x-kubernetes-group-version-kind"]] == known


def test_changes_say_which_parameters_and_languages_are_heeded(core):
    patch = core["paths"][PODS.item]["patch"]
    names = {each["name"] for each in patch["parameters"]}
    assert names == {"namespace", "name", "dryRun", "fieldValidation"}
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]
    assert set(core["paths"]["/api/v1/nodes/{name}"]) == {"get"}
    assert "requestBody" not in core["paths"][PODS.item]["get"]


def test_lists_that_merge_say_by_which_field(core):
    schemas = core["components"]["schemas"]
    spec = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]
    assert spec["containers"]["x-kubernetes-patch-merge-key"] == "name"
    assert spec["volumes"]["x-kubernetes-patch-strategy"] == "merge,retainKeys"
    assert "x-kubernetes-patch-strategy" not in spec["tolerations"]
    finalizers = schemas["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["properties"][
        "finalizers"
    ]
    assert finalizers["x-kubernetes-patch-strategy"] == "merge"
    assert "x-kubernetes-patch-merge-key" not in finalizers


def test_a_type_that_is_treated_in_two_ways_has_two_schemas(core):
    schemas = core["components"]["schemas"]
    acted, kept = (
        schemas[f"{package}.Container"]["properties"]["image"]["description"]
        for package in ("io.k8s.api.core.v1", "dev.minipod.keeps")
    )
    assert acted.endswith("\n- minipod acts on this field")
    assert kept.endswith("\n- kept and shown; minipod does not act on it yet")


def test_a_document_is_small(core):
    assert len(json.dumps(core)) < 256 << 10
