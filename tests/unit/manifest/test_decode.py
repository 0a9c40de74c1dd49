"""decode: files of Pods, all of them or every reason why not."""

from __future__ import annotations

import json

import pytest

from minipod.errors import InvalidManifest, Place
from minipod.manifest import Reference, Source, decode, names
from minipod.model.pod import view
from tests.unit.manifest.manifests import HEAD, KUBIA_MANUAL, MAIN, pod_of, problems_of, read


def test_an_article_s_pod_decodes_as_it_stands():
    pod = view(pod_of(KUBIA_MANUAL))
    assert (pod.metadata.name, pod.metadata.namespace) == ("kubia-manual", "default")
    container = pod.spec.containers[0]
    assert (container.name, container.image) == ("kubia", "msung99/redis-lock:0.1.3")
    assert container.ports[0].container_port == 8080


def test_json_says_the_same_as_yaml_and_tabs_are_welcome_in_it():
    as_json = json.dumps(pod_of(KUBIA_MANUAL), indent="\t")
    assert pod_of(as_json) == pod_of(KUBIA_MANUAL)


def test_documents_keep_their_order_and_empty_ones_do_not_count():
    second = KUBIA_MANUAL.replace("kubia-manual", "second")
    decoded = read(f"---\n---\n{KUBIA_MANUAL}---\n# nothing\n---\n{second}...\n")
    assert [d.obj["metadata"]["name"] for d in decoded.objects] == ["kubia-manual", "second"]
    assert decoded.objects[0].place == Place("pod.yaml", 3, 1)


@pytest.mark.parametrize("kind", ["List", "PodList"])
def test_lists_are_flattened(kind):
    one, two = pod_of(KUBIA_MANUAL), pod_of(HEAD + MAIN)
    text = json.dumps({"apiVersion": "v1", "kind": kind, "metadata": {}, "items": [one, two]})
    assert [d.obj for d in read(text).objects] == [one, two]


def test_items_of_a_pod_list_need_not_say_that_they_are_pods():
    item = {k: v for k, v in pod_of(KUBIA_MANUAL).items() if k in ("metadata", "spec")}
    text = json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [item]})
    assert pod_of(text) == pod_of(KUBIA_MANUAL)


def test_what_is_wrong_in_a_list_is_told_by_its_item():
    text = "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  apiVersion: v1\n- 3\n"
    assert problems_of(text) == [
        "pod.yaml:4:3: items[0].metadata.name: Required value: name or generateName is required",
        "pod.yaml:4:3: items[0].spec.containers: Required value",
        "pod.yaml:6:3: items[1]: an object is a mapping (key: value), this is a single value",
    ]


def test_every_problem_of_every_source_is_told_in_the_order_of_the_text():
    first = HEAD.replace("web", "Web") + (
        "  - name: main\n    image: x\n    commandd: [sleep]\n"
        "    ports:\n    - name: http\n      containerPort: 70000\n"
        "  - name: main\n    image: x\n"
    )
    with pytest.raises(InvalidManifest) as caught:
        decode([Source("b.yaml", first), Source("a.yaml", "a: [b")])
    lines = caught.value.message.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("b.yaml:3:18: metadata.name: a lowercase RFC 1123 subdomain must")
    assert lines[1:] == [
        'b.yaml:8:5: spec.containers[0].commandd: unknown field, did you mean "command"?',
        (
            "b.yaml:11:22: spec.containers[0].ports[0].containerPort: "
            "must be between 1 and 65535, inclusive"
        ),
        'b.yaml:12:11: spec.containers[1].name: Duplicate value: "main"',
        "a.yaml:1:4: cannot read: the '[' that opens here is not closed",
    ]


def test_a_missing_field_is_placed_at_the_mapping_that_lacks_it():
    assert problems_of(HEAD + "  - image: x\n    ports:\n    - name: http\n") == [
        "pod.yaml:6:5: spec.containers[0].name: Required value",
        "pod.yaml:8:7: spec.containers[0].ports[0].containerPort: Required value",
    ]


def test_problems_beyond_a_hundred_are_not_told():
    lines = problems_of(HEAD + "  - {}\n" * 150)
    assert len(lines) == 101
    assert lines[-1] == "more than 100 problems; these are the first"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (
            "apiVersion: apps/v1\nkind: Deployment",
            (
                'pod.yaml:2:7: kind: no matches for kind "Deployment" in version "apps/v1": '
                "minipod runs Pods; its template makes one, with apiVersion, kind and a name"
            ),
        ),
        (
            "apiVersion: v1\nkind: pod",
            (
                'pod.yaml:2:7: kind: no matches for kind "pod" in version "v1": minipod runs Pods, '
                'did you mean "Pod"?'
            ),
        ),
        (
            "apiVersion: v1\nkind: Service",
            'pod.yaml:2:7: kind: no matches for kind "Service" in version "v1": minipod runs Pods',
        ),
        (
            "apiVersion: v1\nkind: [x]",
            'pod.yaml:2:7: kind: no matches for kind ["x"] in version "v1": minipod runs Pods',
        ),
    ],
)
def test_another_kind_is_refused_with_a_way_out(head, told):
    assert problems_of(f"{head}\nmetadata: {{name: x}}\n") == [told]


def test_a_pod_of_another_version_or_of_none_is_refused():
    wrong = problems_of(KUBIA_MANUAL.replace("v1", "apps/v1"))
    assert wrong == [
        (
            'pod.yaml:1:13: apiVersion: no matches for kind "Pod" in version "apps/v1": '
            'a Pod has apiVersion "v1"'
        )
    ]
    missing = problems_of(KUBIA_MANUAL.replace("apiVersion: v1\n", ""))
    assert missing == ['pod.yaml:1:1: apiVersion: Required value: a Pod has "v1"']


@pytest.mark.parametrize("text", ["", "---\n---\n", "# nothing\n", "null\n"])
def test_a_text_without_objects_is_refused(text):
    assert problems_of(text) == ["pod.yaml:1:1: no objects passed to create"]


def test_an_empty_source_beside_a_full_one_is_passed_over():
    decoded = decode([Source("empty.yaml", ""), Source("pod.yaml", KUBIA_MANUAL)])
    assert [document.source for document in decoded.objects] == ["pod.yaml"]


def test_a_pod_gets_the_namespace_of_the_request_unless_it_names_one():
    assert pod_of(KUBIA_MANUAL, default_namespace="a")["metadata"]["namespace"] == "a"
    named = KUBIA_MANUAL.replace("{name:", "{namespace: b, name:")
    assert pod_of(named, default_namespace="a")["metadata"]["namespace"] == "b"


def test_a_namespace_asked_for_allows_no_other():
    named = KUBIA_MANUAL.replace("{name:", "{namespace: a, name:")
    pod_of(named, default_namespace="a", namespace_is_explicit=True)
    assert problems_of(named, default_namespace="b", namespace_is_explicit=True) == [
        (
            'pod.yaml:3:23: metadata.namespace: the namespace from the provided object "a" does '
            "not match the namespace \"b\". You must pass '--namespace=a' to perform this "
            "operation."
        )
    ]


def test_the_same_pod_twice_in_a_request_is_an_error_of_the_second():
    with pytest.raises(InvalidManifest) as caught:
        decode([Source("a.yaml", KUBIA_MANUAL), Source("b.yaml", KUBIA_MANUAL)])
    assert caught.value.message == (
        'b.yaml:3:18: metadata.name: Duplicate value: "kubia-manual": also at a.yaml:3:18'
    )


def test_a_file_that_is_given_twice_holds_every_pod_twice():
    with pytest.raises(InvalidManifest) as caught:
        decode([Source("a.yaml", KUBIA_MANUAL)] * 2)
    assert caught.value.message.endswith('Duplicate value: "kubia-manual": also at a.yaml:3:18')


def test_the_same_name_in_two_namespaces_or_generated_is_no_duplicate():
    elsewhere = KUBIA_MANUAL.replace("{name:", "{namespace: b, name:")
    generated = KUBIA_MANUAL.replace("{name: kubia-manual", "{generateName: kubia-")
    decoded = read(f"{KUBIA_MANUAL}---\n{elsewhere}---\n{generated}---\n{generated}")
    assert len(decoded.objects) == 4
    assert "name" not in decoded.objects[2].obj["metadata"]


def test_what_get_prints_can_be_fed_back():
    pod = pod_of(KUBIA_MANUAL)
    shown = {
        **pod,
        "metadata": {
            **pod["metadata"],
            "uid": "0f8c",
            "resourceVersion": "12",
            "creationTimestamp": "2024-01-01T00:00:00Z",
            "generation": 1,
            "managedFields": [{"manager": "kubectl"}],
            "deletionTimestamp": "2024-01-01T00:00:00Z",
            "deletionGracePeriodSeconds": 30,
            "selfLink": "/x",
        },
        "spec": {**pod["spec"], "nodeName": "machine"},
        "status": {"phase": "Running", "podIP": "10.244.0.2", "novel": True},
    }
    again = pod_of(json.dumps(shown))
    assert again["metadata"] == pod["metadata"]
    assert "status" not in again
    assert again["spec"] == {**pod["spec"], "nodeName": "machine"}


def test_names_needs_kind_and_metadata_only():
    text = f"{KUBIA_MANUAL}---\n{HEAD.replace('name: web', 'name: web, namespace: b')}  - junk\n"
    assert names([Source("pod.yaml", text)], default_namespace="a") == [
        Reference("Pod", "a", "kubia-manual"),
        Reference("Pod", "b", "web"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "pod.yaml:1:1: no objects passed to delete"),
        ("kind: Pod\napiVersion: v1\n", "pod.yaml:1:1: metadata.name: Required value"),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: [x]}\n",
            "pod.yaml:3:18: metadata.name: Required value",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, namespace: [x]}\n",
            "pod.yaml:3:32: metadata.namespace: must be a string",
        ),
        ("a: [b", "pod.yaml:1:4: cannot read: the '[' that opens here is not closed"),
    ],
)
def test_names_refuses_what_names_nothing(text, told):
    with pytest.raises(InvalidManifest) as caught:
        names([Source("pod.yaml", text)])
    assert caught.value.message == told


def test_names_minds_a_namespace_asked_for():
    named = KUBIA_MANUAL.replace("{name:", "{namespace: a, name:")
    with pytest.raises(InvalidManifest, match="does not match"):
        names([Source("x", named)], default_namespace="b", namespace_is_explicit=True)
