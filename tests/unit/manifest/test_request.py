"""decode_object: the body of a POST, answered in the API server's words."""

from __future__ import annotations

import json

import pytest

from minipod.errors import BadRequest, InvalidManifest, InvalidObject
from minipod.manifest import POD, FieldValidation, decode_object
from tests.unit.manifest.manifests import HEAD, KUBIA_MANUAL, MAIN, pod_of

UNKNOWN = HEAD + "  - {name: main, image: x, commandd: [a]}\n  foo: 1\n"
TWICE = KUBIA_MANUAL + "kind: Pod\n"


@pytest.mark.parametrize("form", [str, str.encode, lambda _: pod_of(KUBIA_MANUAL)])
def test_a_body_is_yaml_json_or_an_object(form):
    decoded = decode_object(POD, form(KUBIA_MANUAL), namespace="default")
    assert decoded.obj == pod_of(KUBIA_MANUAL)
    assert decoded.warnings == ()


def test_a_body_need_not_say_that_it_is_a_pod():
    body = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "x"}]}}
    obj = decode_object(POD, json.dumps(body), namespace="b").obj
    assert (obj["apiVersion"], obj["kind"], obj["metadata"]["namespace"]) == ("v1", "Pod", "b")


def test_strict_refuses_unknown_and_repeated_fields():
    with pytest.raises(BadRequest) as caught:
        decode_object(POD, UNKNOWN, namespace="default", validation=FieldValidation.STRICT)
    assert caught.value.message == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: '
        'unknown field "spec.containers[0].commandd", unknown field "spec.foo"'
    )
    with pytest.raises(BadRequest, match='strict decoding error: duplicate field "kind"'):
        decode_object(POD, TWICE, namespace="default", validation=FieldValidation.STRICT)


def test_warn_tells_them_and_drops_what_is_unknown():
    decoded = decode_object(POD, UNKNOWN, namespace="default")
    assert decoded.warnings == (
        'unknown field "spec.containers[0].commandd"',
        'unknown field "spec.foo"',
    )
    assert "foo" not in decoded.obj["spec"]
    assert decode_object(POD, TWICE, namespace="default").warnings == ('duplicate field "kind"',)


def test_ignore_says_nothing_of_them():
    for body in (UNKNOWN, TWICE):
        decoded = decode_object(POD, body, namespace="default", validation=FieldValidation.IGNORE)
        assert decoded.warnings == ()


def test_wrong_values_are_an_invalid_object_with_a_cause_for_each():
    body = HEAD.replace("web", "Web") + "  - {name: a, image: x, ports: [{containerPort: 0}]}\n"
    with pytest.raises(InvalidObject) as caught:
        decode_object(POD, body, namespace="default")
    error = caught.value
    assert (error.status, error.reason) == (422, "Invalid")
    assert error.message.startswith('Pod "Web" is invalid: [metadata.name: Invalid value: "Web": a')
    assert error.problems[1] == (
        "spec.containers[0].ports[0].containerPort",
        "Invalid value: 0: must be between 1 and 65535, inclusive",
        "FieldValueInvalid",
        None,
    )


def test_one_wrong_value_needs_no_brackets():
    with pytest.raises(InvalidObject) as caught:
        decode_object(POD, HEAD + "  - {name: a}\n", namespace="default")
    assert caught.value.message == (
        'Pod "web" is invalid: spec.containers[0].image: Required value'
    )
    assert caught.value.problems[0].reason == "FieldValueRequired"


def test_wrong_types_cannot_be_handled():
    body = HEAD + "  - {name: a, image: x, env: [{name: A, value: yes}]}\n"
    with pytest.raises(BadRequest) as caught:
        decode_object(POD, body, namespace="default")
    assert caught.value.message == (
        'Pod in version "v1" cannot be handled as a Pod: '
        "spec.containers[0].env[0].value: must be a string, not the boolean true"
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("kind: Deployment\napiVersion: apps/v1\n", 'Deployment in version "apps/v1" cannot be'),
        (KUBIA_MANUAL + "---\n" + KUBIA_MANUAL, "the body holds 2 objects, not one"),
        ("", "the body holds 0 objects, not one"),
        ("[]", "the body is no object"),
        (
            KUBIA_MANUAL.replace("{name", "{namespace: a, name"),
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
    ],
)
def test_what_is_no_pod_of_the_namespace_is_a_bad_request(body, told):
    with pytest.raises(BadRequest) as caught:
        decode_object(POD, body, namespace="b")
    assert told in caught.value.message


@pytest.mark.parametrize("body", ["a: [b", '{"a" 1}', b"\xff", "a: !x y", "\0"])
def test_what_cannot_be_read_is_told_with_its_place(body):
    with pytest.raises(InvalidManifest) as caught:
        decode_object(POD, body, namespace="default")
    assert caught.value.message.startswith("body:1:")


def test_fields_not_acted_on_are_warnings():
    assert decode_object(
        POD, f"{HEAD}{MAIN}  hostNetwork: true\n", namespace="default"
    ).warnings == ("spec.hostNetwork: minipod does not act on this field yet",)


@pytest.mark.parametrize("namespace", ["BAD", "a/b", "..", "a" * 64])
def test_a_namespace_of_the_request_alone_is_checked_too(namespace):
    """It becomes part of names on the host."""
    with pytest.raises(InvalidObject, match=r"metadata\.namespace"):
        decode_object(POD, KUBIA_MANUAL, namespace=namespace)
