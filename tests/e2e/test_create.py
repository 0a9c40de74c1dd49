"""`create` and `image`: a manifest becomes pods, or nothing at all and the reasons why."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.manifests import IDLE, container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Minipod

KUBIA_MANUAL = """\
apiVersion: v1
kind: Pod
metadata: {name: kubia-manual}
spec:
  containers:
  - image: msung99/redis-lock:0.1.3
    name: kubia
    ports: [{containerPort: 8080, protocol: TCP}]
"""


def status_of(minipod: Minipod, name: str) -> str:
    return minipod.ok("get", "pod", name, "--no-headers").split()[2]


def pods(minipod: Minipod) -> list[str]:
    return minipod.ok("get", "pods", "-o", "name").split()


def test_a_pod_of_two_containers_runs_when_the_command_returns(minipod: Minipod) -> None:
    manifest = pod("web", container("http", web()), container("shell"))
    done = minipod("create", "-f", "-", stdin=manifest)
    assert (done.returncode, done.stdout, done.stderr) == (0, "pod/web created\n", "")
    name, ready, status, restarts, _age = minipod.ok("get", "pods", "--no-headers").split()
    assert (name, ready, status, restarts) == ("web", "2/2", "Running", "0")


def test_several_documents_lists_files_and_folders_are_read(minipod: Minipod) -> None:
    folder = minipod.folder / "pods"
    folder.mkdir()
    (folder / "one.yaml").write_text(documents(pod("one"), pod("two")))
    (folder / "three.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [json.loads(pod("three"))]})
    )
    (folder / "notes.txt").write_text("not a manifest")
    (minipod.folder / "four.yaml").write_text(pod("four"))
    minipod.ok("create", "-f", "pods", "-f", "four.yaml")
    assert pods(minipod) == ["pod/four", "pod/one", "pod/three", "pod/two"]


def test_an_article_s_manifest_works_as_it_stands_once_its_image_is_mapped(
    minipod: Minipod,
) -> None:
    minipod.ok(
        "image", "map", "msung99/redis-lock:0.1.3", "--", "python3", "-m", "http.server", "8080"
    )
    assert minipod.create(KUBIA_MANUAL) == "pod/kubia-manual created\n"
    address = minipod.address("kubia-manual")
    minipod.create(pod("client"))
    eventually(
        lambda: (
            minipod("exec", "client", "--", "curl", "-sf", f"http://{address}:8080").returncode == 0
        )
    )
    minipod.ok("delete", "pod", "kubia-manual", "--grace-period", "1")


def test_comments_with_slashes_are_refused_with_a_hint(minipod: Minipod) -> None:
    text = KUBIA_MANUAL.replace("name: kubia\n", "name: kubia // the name\n").replace(
        "kind: Pod", "kind: Pod // what it is"
    )
    complaint = minipod.fails("create", "-f", "-", stdin=text)
    assert "YAML comments begin with #" in complaint.replace('"', "").replace("'", "")
    assert pods(minipod) == []


def test_a_container_without_command_waits_until_its_image_is_mapped(minipod: Minipod) -> None:
    minipod.create(KUBIA_MANUAL)
    assert status_of(minipod, "kubia-manual") == "ImageNotMapped"
    waiting = minipod.pod("kubia-manual")["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "ImageNotMapped"
    assert "minipod image map" in waiting["message"]
    assert "command" in waiting["message"]
    minipod.ok("image", "map", "msung99/*", "--", *IDLE)
    eventually(lambda: status_of(minipod, "kubia-manual") == "Running")


def test_images_are_listed_and_unmapped(minipod: Minipod) -> None:
    minipod.ok("image", "map", "nginx:*", "--", "sleep", "100")
    listing = minipod.ok("image", "list")
    assert "nginx:*" in listing
    assert "sleep 100" in listing
    minipod.ok("image", "unmap", "nginx:*")
    assert "nginx" not in minipod.ok("image", "list")
    assert "nginx" in minipod.fails("image", "unmap", "nginx:*")


def test_a_missing_image_is_one_warning(minipod: Minipod) -> None:
    manifest = json.loads(pod("web"))
    del manifest["spec"]["containers"][0]["image"]
    done = minipod("create", "-f", "-", stdin=json.dumps(manifest))
    assert done.returncode == 0
    assert done.stderr.count("Warning: ") == 1
    assert "image" in done.stderr


def test_a_field_that_is_not_acted_on_is_kept_and_warned_about(minipod: Minipod) -> None:
    manifest = pod("web", container("main"), priorityClassName="high")
    done = minipod("create", "-f", "-", stdin=manifest)
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if line.startswith("Warning: ")]
    assert len(warnings) == 1
    assert "spec.priorityClassName" in warnings[0]
    assert minipod.pod("web")["spec"]["priorityClassName"] == "high"


def test_every_problem_is_named_at_once_with_file_line_and_column(minipod: Minipod) -> None:
    (minipod.folder / "pod.yaml").write_text(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: Web_1
spec:
  containers:
  - name: main
    image: web
    commandd: [sleep, "1"]
    ports:
    - name: http
      containerPort: 70000
  - name: main
    image: web
"""
    )
    complaint = minipod.fails("create", "-f", "pod.yaml")
    assert "pod.yaml:4:9: metadata.name: " in complaint
    assert "spec.containers[0].commandd: unknown field" in complaint or (
        'unknown field "spec.containers[0].commandd"' in complaint
    )
    assert (
        "pod.yaml:12:22: spec.containers[0].ports[0].containerPort: "
        "must be between 1 and 65535, inclusive" in complaint
    )
    assert "pod.yaml:13:11: spec.containers[1].name: " in complaint


def test_one_bad_document_creates_nothing(minipod: Minipod) -> None:
    minipod.fails("create", "-f", "-", stdin=documents(pod("good"), pod("Bad Name")))
    assert pods(minipod) == []
    minipod.fails("create", "-f", "-", stdin=documents(pod("same"), pod("same")))
    assert pods(minipod) == []


def test_a_name_that_is_taken_is_an_error(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    complaint = minipod.fails("create", "-f", "-", stdin=pod("web"))
    assert complaint == 'Error from server (AlreadyExists): pods "web" already exists\n'
    assert minipod.ok("get", "pods", "--no-headers").split()[:3] == ["web", "1/1", "Running"]


def test_a_file_that_is_not_there_is_an_error(minipod: Minipod) -> None:
    assert "nowhere.yaml" in minipod.fails("create", "-f", "nowhere.yaml")
    minipod.fails("create", code=2)


def test_what_get_prints_can_be_created_again(minipod: Minipod) -> None:
    manifest = pod("web", container("http", web(), ports=[{"containerPort": 8080}]))
    minipod.create(manifest)
    first = minipod.pod("web")
    text = minipod.ok("get", "po", "web", "-o", "yaml")
    minipod.ok("delete", "pod", "web")
    minipod.create(text)
    second = minipod.pod("web")
    assert second["spec"] == first["spec"]
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert status_of(minipod, "web") == "Running"


HOSTILE = {
    "a tag that makes objects": 'a: !!python/object/apply:os.system ["touch /tmp/owned"]',
    "an alias bomb": "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    ),
    "a thousand levels": "[" * 1000 + "]" * 1000,
    "a hundred thousand levels": "[" * 100_000,
    "a NUL": "kind: Pod\0",
    "ten megabytes": "a: " + "x" * 10_000_000,
    "a list": "- 1\n- 2\n",
    "a string": "hello",
    "another kind": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n",
    "twice the same key": KUBIA_MANUAL + "kind: Pod\n",
    "an unclosed quote": 'kind: "Pod\n',
    "nothing but a kind": "kind: Pod\n",
    "a number for a name": KUBIA_MANUAL.replace("kubia-manual", "12"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=[name.replace(" ", "-") for name in HOSTILE])
def test_hostile_text_is_refused_quickly(minipod: Minipod, text: str) -> None:
    minipod.ok("server", "start")
    (minipod.folder / "hostile.yaml").write_text(text)
    began = time.monotonic()
    complaint = minipod.fails("create", "-f", "hostile.yaml")
    assert time.monotonic() - began < 20  # what reads on without end is stopped after a minute
    assert "hostile.yaml" in complaint
    assert len(complaint) < 5000
    assert pods(minipod) == []


def test_bytes_that_are_no_text_are_refused(minipod: Minipod, tmp_path: Path) -> None:
    (tmp_path / "noise.yaml").write_bytes(bytes(range(256)) * 10)
    assert "noise.yaml" in minipod.fails("create", "-f", "noise.yaml")
