"""`--local`: objects of files are changed here, without a server and without root."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from .test_changing import LAB, POD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fake_server import FakeServer

    from .conftest import Run


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Be somebody else than root, for whom no server answers."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "two.yaml"
    path.write_text(f"{POD}---\n{LAB}")
    return str(path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("label a=b", "pod/web labeled\nnamespace/lab labeled\n"),
        ("label a=b -o name", "pod/web\nnamespace/lab\n"),
        ("annotate a=b -o jsonpath={.metadata}", '{"annotations":{"a":"b"},"name":"web"}'),
        ("annotate a=b --dry-run=client", "pod/web annotated (dry run)\n"),
        ("label gone-", "pod/web not labeled\n"),
        ("label --list", "Listing labels for Pod./web:\nListing labels for Namespace./lab:\n"),
        ("patch -p {}", "pod/web patched (no change)\nnamespace/lab patched (no change)\n"),
        (
            """patch --type=merge -p {"metadata":{"labels":{"a":"b"}}} -o name""",
            "pod/web\nnamespace/lab\n",
        ),
    ],
)
def test_what_a_file_holds_is_changed_and_told(
    server: FakeServer, run: Run, file: str, words: str, told: str
) -> None:
    done = run(*words.split(), "--local", "-f", file)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(told)
    assert server.asked == []


def test_the_changed_object_has_what_the_file_has_and_no_defaults(run: Run, file: str) -> None:
    done = run("label", "--local", "-f", file, "a=b", "-o", "yaml")
    pod, lab = yaml.safe_load_all(done.out)
    assert pod == yaml.safe_load(POD) | {"metadata": {"name": "web", "labels": {"a": "b"}}}
    assert lab["metadata"] == {"name": "lab", "labels": {"a": "b"}}


def test_images_and_operations_are_changed_too(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(POD)
    done = run("set", "image", "--local", "-f", str(file), "app=box:2", "-o", "json")
    assert json.loads(done.out)["spec"]["containers"][0]["image"] == "box:2"
    operation = '[{"op": "remove", "path": "/spec/containers/0/command"}]'
    done = run("patch", "--local", "-f", str(file), "--type=json", "-p", operation, "-o", "json")
    assert "command" not in json.loads(done.out)["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("set image app=x", 'Error: cannot do this with Namespace "lab": only with pods\n'),
        ("label a=b -n other", "labeled"),
        ("label a=b -f /nowhere", 'Error: the path "/nowhere" does not exist\n'),
    ],
)
def test_what_is_no_object_to_change_is_told(run: Run, file: str, words: str, told: str) -> None:
    done = run(*words.split(), "--local", "-f", file)
    assert told in done.err + done.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: Pod\n", "apiVersion: "),
        (POD.replace("{name: web}", "{generateName: web-}"), "cannot change an object without a"),
        (POD + "---\n" + POD, 'Duplicate value: "web"'),
        (POD.replace("{name: web}", "{name: web, labels: [a]}"), "metadata.labels: "),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_place(
    run: Run, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    done = run("label", "--local", "-f", str(file), "a=b")
    assert (done.code, done.out) == (1, "")
    assert told in done.err
