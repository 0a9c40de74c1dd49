"""Objects against Kubernetes' schema: types, unknown fields, fields not acted on."""

from __future__ import annotations

import json

import pytest

from tests.unit.manifest.manifests import HEAD, KUBIA_MANUAL, MAIN, pod_of, problems_of, read


def container(fields):
    return f"{HEAD}  - {{name: main, image: x, {fields}}}\n"


def problem_of(fields):
    (problem,) = problems_of(container(fields))
    return problem.partition("spec.containers[0].")[2]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            "env: [{name: A, value: yes}]",
            'env[0].value: must be a string, not the boolean true: put it in quotes: "yes"',
        ),
        (
            "env: [{name: A, value: 1.10}]",
            'env[0].value: must be a string, not the number 1.1: put it in quotes: "1.10"',
        ),
        (
            "args: [80]",
            'args[0]: must be a string, not the number 80: put it in quotes: "80"',
        ),
        (
            "command: sleep 1",
            'command: must be a list, not the text "sleep 1": write it as ["sleep", "1"]',
        ),
        (
            "command: echo $A",
            'command: must be a list, not the text "echo $A": write it as ["sh", "-c", "echo $A"]',
        ),
        ("args: $A | cat", 'args: must be a list, not the text "$A | cat"'),
        ("workingDir: [a]", "workingDir: must be a string, not a list"),
        ("env: {A: b}", "env: must be a list, not a mapping"),
        ("ports: [80]", "ports[0]: must be a mapping, not the number 80"),
        (
            'ports: [{containerPort: "80"}]',
            'ports[0].containerPort: must be an integer, not the text "80": take the quotes away',
        ),
        (
            "ports: [{containerPort: yes}]",
            "ports[0].containerPort: must be an integer, not the boolean true",
        ),
        (
            "ports: [{containerPort: 80.5}]",
            "ports[0].containerPort: must be an integer, not the number 80.5",
        ),
        ('tty: "true"', 'tty: must be true or false, not the text "true": take the quotes away'),
        ("tty: 1", "tty: must be true or false, not the number 1"),
        (
            "livenessProbe: {httpGet: {port: yes}}",
            "livenessProbe.httpGet.port: must be an integer or a string, not the boolean true",
        ),
        (
            "resources: {limits: {cpu: [1]}}",
            "resources.limits[cpu]: must be a quantity, not a list",
        ),
        (
            "resources: {limits: {cpu: much}}",
            (
                "resources.limits[cpu]: quantities must match the regular expression "
                "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            ),
        ),
        ('args: ["a\\0b"]', "args[0]: must not contain a NUL character"),
    ],
)
def test_a_value_of_a_wrong_type_is_told_in_words(fields, told):
    assert problem_of(fields) == told


def test_a_label_s_value_is_text():
    text = KUBIA_MANUAL.replace("{name:", "{labels: {app.io/v: 1.0}, name:")
    assert problems_of(text) == [
        (
            "pod.yaml:3:31: metadata.labels[app.io/v]: must be a string, not the number 1: "
            'put it in quotes: "1.0"'
        )
    ]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("commandd: [a]", 'commandd: unknown field, did you mean "command"?'),
        ("workingdir: /", 'workingdir: unknown field, did you mean "workingDir"?'),
        ("zzz: 1", "zzz: unknown field"),
        ("env: [{name: A, vale: b}]", 'env[0].vale: unknown field, did you mean "value"?'),
        (
            "livenessProbe: {httpget: {}}",
            'livenessProbe.httpget: unknown field, did you mean "httpGet"?',
        ),
    ],
)
def test_an_unknown_field_is_told_with_its_nearest_relative(fields, told):
    assert problem_of(fields) == told


def test_an_unknown_field_is_placed_at_its_name():
    assert problems_of(KUBIA_MANUAL + "sepc: {}\n") == [
        'pod.yaml:9:1: sepc: unknown field, did you mean "spec"?'
    ]


def test_a_key_that_stands_twice_is_an_error():
    assert problems_of(KUBIA_MANUAL + "kind: Pod\n") == [
        'pod.yaml:9:1: kind: key "kind" already set in map'
    ]


def test_nulls_are_as_good_as_absent_and_zero_in_lists_and_maps():
    text = KUBIA_MANUAL.replace("{name:", "{labels: {a: , b: x}, annotations: , name:")
    metadata = pod_of(text)["metadata"]
    assert metadata["labels"] == {"a": "", "b": "x"}
    assert "annotations" not in metadata
    main = pod_of(container("args: [a, null], env: null"))["spec"]["containers"][0]
    assert main["args"] == ["a", ""]
    assert "env" not in main


def test_numbers_may_stand_for_quantities():
    decoded = read(container("resources: {limits: {cpu: 1, memory: 64Mi}, requests: {cpu: 0.5}}"))
    resources = decoded.objects[0].obj["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"cpu": "1", "memory": "64Mi"}
    assert resources["requests"] == {"cpu": "0.5", "memory": "64Mi"}


def test_each_field_that_is_not_acted_on_is_kept_and_warned_about_once():
    text = container(
        "livenessProbe: {exec: {command: [a]}}, env: [{name: A, valueFrom: {fieldRef: "
        "{fieldPath: metadata.name}}}], "
        "terminationMessagePath: /x"
    ) + (
        "  initContainers: [{name: i, image: x, tty: true}]\n"
        "  volumes: [{name: v, hostPath: {path: /}}]\n  hostNetwork: true\n"
        "  securityContext: {runAsUser: 1}\n"
    )
    decoded = read(text)
    fields = [warning.split(": ")[1] for warning in decoded.warnings]
    assert fields == [
        "spec.containers[0].livenessProbe",
        "spec.containers[0].env[0].valueFrom",
        "spec.containers[0].terminationMessagePath",
        "spec.initContainers",
        "spec.volumes",
        "spec.hostNetwork",
        "spec.securityContext",
    ]
    assert decoded.warnings[-1] == (
        "pod.yaml:10:20: spec.securityContext: minipod does not act on this field yet"
    )
    spec = decoded.objects[0].obj["spec"]
    assert spec["securityContext"] == {"runAsUser": 1}
    assert spec["containers"][0]["livenessProbe"]["exec"] == {"command": ["a"]}


def test_metadata_that_is_not_acted_on_is_warned_about():
    text = KUBIA_MANUAL.replace("{name:", "{finalizers: [a.io/b], ownerReferences: [], name:")
    assert [warning.split(": ")[1] for warning in read(text).warnings] == ["metadata.finalizers"]


def test_what_a_cluster_fills_in_is_not_warned_about():
    pod = pod_of(HEAD + MAIN)
    pod["spec"] |= {
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "hostNetwork": False,
        "volumes": [],
        "tolerations": [
            {
                "effect": "NoExecute",
                "key": f"node.kubernetes.io/{condition}",
                "operator": "Exists",
                "tolerationSeconds": 300,
            }
            for condition in ("not-ready", "unreachable")
        ],
    }
    pod["spec"]["containers"][0] |= {"terminationMessagePath": "", "stdin": False}
    assert read(json.dumps(pod)).warnings == ()
    pod["spec"]["dnsPolicy"] = "Default"
    assert len(read(json.dumps(pod)).warnings) == 1
