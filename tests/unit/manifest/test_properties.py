"""Properties of reading: what is written comes back, and nothing but InvalidManifest is raised."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from minipod.cli.printing.yaml_output import as_yaml
from minipod.errors import InvalidManifest, MinipodError
from minipod.manifest import POD, Source, decode, decode_object, names
from minipod.manifest.defaults import default_pod

LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
PRINTABLE = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Z"]), max_size=20)


def some(strategy, **options):
    return st.lists(strategy, max_size=3, **options)


PORTS = st.fixed_dictionaries(
    {"containerPort": st.integers(1, 65535), "protocol": st.sampled_from(["TCP", "UDP", "SCTP"])}
)
VARIABLES = st.fixed_dictionaries(
    {"name": st.from_regex("[A-Z_][A-Z0-9_]{0,9}", fullmatch=True)}, optional={"value": TEXTS}
)
PROBES = st.fixed_dictionaries(
    {"httpGet": st.fixed_dictionaries({"port": st.integers(1, 9) | LABELS})},
    optional={"periodSeconds": st.integers(0, 9)},
)
CONTAINERS = st.fixed_dictionaries(
    {"name": LABELS, "image": LABELS},
    optional={
        "command": some(TEXTS),
        "args": some(TEXTS),
        "env": some(VARIABLES),
        "workingDir": TEXTS,
        "ports": some(PORTS),
        "tty": st.booleans(),
        "livenessProbe": PROBES,
        "resources": st.fixed_dictionaries({}, optional={"limits": st.just({"cpu": "100m"})}),
    },
)
METADATA = st.fixed_dictionaries(
    {"name": LABELS, "namespace": LABELS},
    optional={
        "labels": st.dictionaries(LABELS, LABELS, max_size=3),
        "annotations": st.dictionaries(LABELS, TEXTS, max_size=3),
    },
)
PODS = st.fixed_dictionaries(
    {
        "apiVersion": st.just("v1"),
        "kind": st.just("Pod"),
        "metadata": METADATA,
        "spec": st.fixed_dictionaries(
            {
                "containers": st.lists(
                    CONTAINERS, min_size=1, max_size=3, unique_by=lambda c: c["name"]
                )
            },
            optional={
                "restartPolicy": st.sampled_from(["Always", "OnFailure", "Never"]),
                "terminationGracePeriodSeconds": st.integers(0, 2**31),
                "hostname": LABELS,
                "volumes": some(st.fixed_dictionaries({"name": LABELS})),
            },
        ),
    }
)
MANY = settings(max_examples=300)
"""For what is cheap to try."""

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    (
        *("apiVersion", "kind", "metadata", "spec", "items", "status", "name", "namespace"),
        *("containers", "image", "command", "env", "value", "ports", "containerPort", "resources"),
    )
)
ALMOST_PODS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["v1", "Pod", "List", "a b", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=30,
)


def decoded(text):
    (document,) = decode([Source("x", text)]).objects
    return document.obj


@given(PODS)
def test_a_pod_written_as_yaml_or_json_comes_back_as_it_was(pod):
    wanted = default_pod(pod)
    assert decoded(json.dumps(pod)) == wanted
    assert decoded(json.dumps(pod, indent="\t", ensure_ascii=False)) == wanted
    assert decoded(as_yaml(pod)) == wanted
    assert decoded(yaml.dump(pod, Dumper=yaml.SafeDumper, default_style='"')) == wanted


@given(PODS)
def test_defaults_change_nothing_the_second_time(pod):
    once = default_pod(pod)
    assert default_pod(once) == once
    assert decoded(json.dumps(once)) == once


@given(PODS)
def test_a_request_and_a_manifest_mean_the_same(pod):
    request = decode_object(POD, pod, namespace=pod["metadata"]["namespace"])
    assert request.obj == decoded(json.dumps(pod))


@MANY
@given(st.binary() | st.text() | st.text(" \n\t:-[]{}&*!|>'\"#%@`,?<~/a1", max_size=60))
def test_no_text_raises_anything_but_invalid_manifest(text):
    for read in (decode, names):
        with suppress(InvalidManifest):
            read([Source("x", text)])


@MANY
@given(JSON_VALUES | ALMOST_PODS)
def test_no_object_raises_anything_but_an_error_for_people(value):
    for text in (json.dumps(value), as_yaml(value), json.dumps({"items": [value]})):
        with suppress(InvalidManifest):
            decode([Source("x", text)])
        with suppress(MinipodError):
            decode_object(POD, text, namespace="default")


@MANY
@given(ALMOST_PODS, ALMOST_PODS)
def test_almost_a_pod_raises_nothing_but_invalid_manifest(metadata, spec):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    for read in (decode, names):
        with suppress(InvalidManifest):
            read([Source("x", json.dumps(pod))])


@given(PODS)
def test_every_problem_has_a_place_within_the_text(pod):
    pod["spec"]["containers"][-1]["ports"] = [{"containerPort": 0}]
    pod["spec"]["sepc"] = 1
    text = as_yaml(pod)
    with pytest.raises(InvalidManifest) as caught:
        decode([Source("x", text)])
    lines = text.split("\n")
    assert len(caught.value.problems) == 2
    for problem in caught.value.problems:
        line = lines[problem.place.line - 1][problem.place.column - 1 :]
        assert line.startswith(("0", "sepc"))
