"""`// comments`, as some articles print them, are told for what they are."""

from __future__ import annotations

import pytest

from minipod.errors import InvalidManifest
from tests.unit.manifest.manifests import HEAD, KUBIA_MANUAL, problems_of, read

WORDS = "'//' does not begin a comment: YAML comments begin with '#'"

REMARK = "the '//' is part of the text: YAML comments begin with '#'"


def test_each_one_behind_a_value_is_told_with_its_place_and_nothing_else_is():
    text = """\
apiVersion: v1     // the version
kind: Pod   // kind
metadata:
  name: kubia-manual // the name
spec:
  containers:
  - image: msung99/redis-lock:0.1.3  // the image
    name: kubia
    ports:
    - containerPort: 8080 // the port
      protocol: TCP
"""
    assert problems_of(text) == [
        f"pod.yaml:1:20: apiVersion: {WORDS}",
        f"pod.yaml:2:13: kind: {WORDS}",
        f"pod.yaml:4:22: metadata.name: {WORDS}",
        f"pod.yaml:7:38: spec.containers[0].image: {WORDS}",
        f"pod.yaml:10:27: spec.containers[0].ports[0].containerPort: {WORDS}",
    ]


def test_the_hint_says_what_to_do():
    with pytest.raises(InvalidManifest) as caught:
        read(KUBIA_MANUAL.replace("kind: Pod", "kind: Pod // kind"))
    assert caught.value.hint == "begin each comment with '#'"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (KUBIA_MANUAL.replace("spec:", "spec: // what").replace("Pod", "Pod // kind"), [2, 4]),
        (KUBIA_MANUAL.replace("protocol: TCP}]", "protocol: TCP}] // ports"), [8]),
        (KUBIA_MANUAL.replace("kind: Pod", "// the kind\nkind: Pod"), [2]),
        ("// a pod\n" + KUBIA_MANUAL, [1]),
        ("# a pod\n\n" + KUBIA_MANUAL.replace("spec:", "spec: // the spec\n\n"), [6]),
        (KUBIA_MANUAL.replace("image: msung99/redis-lock:0.1.3", 'image: "x" // y'), [6]),
    ],
)
def test_one_that_breaks_the_syntax_is_told_instead(text, lines):
    problems = problems_of(text)
    assert all(problem.endswith(WORDS) for problem in problems)
    assert [int(problem.split(":")[1]) for problem in problems] == lines


def test_those_in_braces_are_told_too():
    text = KUBIA_MANUAL.replace("8080, protocol", "8080, // the port\n        protocol")
    assert f"pod.yaml:8:35: {WORDS}" in problems_of(text)
    assert problems_of('{"apiVersion": "v1", // c\n"kind": "Pod"}') == [f"pod.yaml:1:22: {WORDS}"]


def test_other_problems_are_told_beside():
    text = KUBIA_MANUAL.replace("kind: Pod", "kind: Pod // kind").replace("apiVersion: v1\n", "")
    assert problems_of(text) == [
        'pod.yaml:1:1: apiVersion: Required value: a Pod has "v1"',
        f"pod.yaml:1:11: kind: {WORDS}",
    ]


def test_slashes_in_free_text_are_right_and_a_warning():
    text = HEAD + "  - {name: a, image: x, args: [a // b], env: [{name: A, value: c // d}]}\n"
    text = text.replace("{name: web}", "{name: web, annotations: {a: b // c}}")
    decoded = read(text)
    assert decoded.objects[0].obj["spec"]["containers"][0]["args"] == ["a // b"]
    assert decoded.warnings == (
        f"pod.yaml:3:42: metadata.annotations.a: {REMARK}",
        f"pod.yaml:6:34: spec.containers[0].args[0]: {REMARK}",
        f"pod.yaml:6:66: spec.containers[0].env[0].value: {REMARK}",
    )


@pytest.mark.parametrize(
    "container",
    [
        "{name: a, image: x, env: [{name: A, value: http://x/y}, {name: B, value: //cdn/x}]}",
        "{name: a, image: x, args: ['a // b', \"c // d\", //e]}",
        "{name: a, image: x, workingDir: //tmp}",
        "{name: a, image: x} # // a comment",
    ],
)
def test_slashes_that_are_no_comment_are_left_alone(container):
    assert read(f"{HEAD}  - {container}\n").warnings == ()


def test_slashes_in_quotes_do_not_explain_an_error_beside_them():
    (problem,) = problems_of('a: "b // c" d\n')
    assert WORDS not in problem


def test_slashes_in_a_script_do_not_explain_an_error_elsewhere():
    script = "  - name: a\n    args:\n    - |\n      int x; // fine\n   bad: [\n"
    (problem,) = problems_of(HEAD + script)
    assert WORDS not in problem
