"""`diff`: what apply would change, by a program of the user's choice."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, failure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fake_server import FakeServer

    from .conftest import Run

DIFF = "POST /apis/minipod.dev/v1/manifests?action=diff"


def pod(name: str = "web", **metadata: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "default", **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta}


def answer(server: FakeServer, *lines: dict[str, Any]) -> None:
    server.answers[DIFF] = Answer(chunks=[json.dumps(line).encode() + b"\n" for line in lines])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the folders of a comparison lie where they can be looked for."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    (tmp_path / "pod.yaml").write_text("any")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KUBECTL_EXTERNAL_DIFF", raising=False)
    return folder


def test_nothing_differs(server: FakeServer, run: Run, folder: Path) -> None:
    answer(server, {"type": "MERGED", "object": pod(), "live": pod()})
    assert run("diff", "-f", "pod.yaml") == (0, "", "")
    assert os.listdir(folder) == []


def test_what_differs_is_shown_and_the_code_is_1(
    server: FakeServer, run: Run, folder: Path
) -> None:
    merged = pod(labels={"a": "b"})
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}
    answer(
        server,
        {"type": "WARNING", "message": "mind"},
        {"type": "MERGED", "object": merged, "live": pod()},
        {"type": "MERGED", "object": namespace},
    )
    done = run("diff", "-f", "pod.yaml")
    assert (done.code, done.err) == (1, "Warning: mind\n")
    assert "\n+  labels:\n+    a: b\n   name: web\n" in done.out
    assert f"diff -u -N {folder}/LIVE-" in done.out
    assert "/v1.Pod.default.web\t" in done.out
    assert "/v1.Namespace..lab\t" in done.out
    assert os.listdir(folder) == []


def test_a_program_of_ones_own_gets_its_options_and_both_folders(
    server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(server, {"type": "MERGED", "object": pod()})
    monkeypatch.setenv("KUBECTL_EXTERNAL_DIFF", "sh -c 'echo $1; ls $2 $3; exit 1' sh '-a b'")
    done = run("diff", "-f", "pod.yaml")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[0] == "-a b"
    assert done.out.count("v1.Pod.default.web") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("none-such-program", 'failed to run "none-such-program": no such file or directory'),
        ("sh -c 'exit 3'", 'failed to run "sh": exit status 3'),
        ("sh -c 'kill -9 $$'", 'failed to run "sh": signal: Killed'),
        ("diff '", "cannot read KUBECTL_EXTERNAL_DIFF=diff ': No closing quotation"),
    ],
)
def test_a_program_that_fails_is_no_difference(
    server: FakeServer,
    run: Run,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    message: str,
) -> None:
    answer(server, {"type": "MERGED", "object": pod()})
    monkeypatch.setenv("KUBECTL_EXTERNAL_DIFF", words)
    done = run("diff", "-f", "pod.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == f"Error: {message}"
    assert os.listdir(folder) == []


def test_the_first_that_may_not_change_so_ends_it(server: FakeServer, run: Run) -> None:
    status = {"reason": "Invalid", "message": "Pod is invalid"}
    answer(
        server,
        {"type": "MERGED", "object": pod("new")},
        {"type": "ERROR", "status": {**status, "details": {"causes": [{"message": "no"}]}}},
    )
    assert run("diff", "-f", "pod.yaml") == (2, "", "Error: Pod is invalid\n")


def test_what_is_wrong_with_files_is_told(server: FakeServer, run: Run) -> None:
    causes = [{"field": "spec", "message": "bad", "reason": "FieldValueInvalid"}]
    server.answers[DIFF] = failure(400, "BadRequest", "pod.yaml:1:2: spec: bad", causes=causes)
    done = run("diff", "-f", "pod.yaml")
    assert done == (2, "", "pod.yaml:1:2: spec: bad\nError: nothing was compared\n")


@pytest.mark.parametrize(
    ("argv", "first"),
    [
        (["-f", "none.yaml"], 'Error: the path "none.yaml" does not exist'),
        ([], "Error: Missing option '-f' / '--filename'."),
        (["-f", "pod.yaml", "web"], "Error: Got unexpected extra argument (web)"),
    ],
)
def test_a_line_that_makes_no_sense_is_more_than_a_difference(
    run: Run, argv: list[str], first: str
) -> None:
    done = run("diff", *argv)
    assert (done.code, done.err.splitlines()[0]) == (2, first)


def test_a_selector_and_a_namespace_are_the_server_s_to_apply(server: FakeServer, run: Run) -> None:
    asked = f"{DIFF}&labelSelector=a%3Db".replace("?", "?namespace=lab&")
    server.answers[asked] = Answer(chunks=[])
    assert run("diff", "-f", "pod.yaml", "-l", "a=b", "-n", "lab") == (0, "", "")


def test_what_kubectl_takes_and_means_nothing_here_is_taken(server: FakeServer, run: Run) -> None:
    answer(server)
    argv = "diff -f pod.yaml --concurrency 4 --field-manager me --show-managed-fields"
    assert run(*argv.split()) == (0, "", "")
