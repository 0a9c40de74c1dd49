"""`edit`: what becomes of the text that an editor leaves, and of the file that holds it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, failure

from .test_changing import namespace, pod

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.fake_server import FakeServer

    from .conftest import Run

    Editor = Callable[..., None]

WEB = "/api/v1/namespaces/default/pods/web"
PATCH = f"PATCH {WEB}?fieldValidation=Strict"
HEADER = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"


@pytest.fixture
def web(server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The pod web, which takes every patch; files are written where the test sees them."""
    (tmp_path / "edits").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "edits"))
    obj = pod(labels={"app": "x"})
    server.answers = {f"GET {WEB}": Answer(obj), PATCH: Answer(obj)}
    return obj


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Be the editor: `changes` are pairs of old and new text, one pair each time it is opened.

    What it was shown is kept in the file `seen`.
    """
    script = tmp_path / "editor.py"
    script.write_text("""\
import json, pathlib, sys
left, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
text = file.read_text()
with (left.parent / "seen").open("a") as seen:
    seen.write(text + "=====\\n")
(old, new), *rest = json.loads(left.read_text())
left.write_text(json.dumps(rest or [[old, new]]))
file.write_text(text.replace(old, new) if old else new)
""")

    def use(*changes: tuple[str, str]) -> None:
        (tmp_path / "left").write_text(json.dumps(changes))
        words = [sys.executable, str(script), str(tmp_path / "left")]
        monkeypatch.setenv("KUBE_EDITOR", shlex.join(words))

    return use


def seen(folder: Path) -> list[str]:
    return (folder / "seen").read_text().split("=====\n")[:-1]


def files(folder: Path) -> list[str]:
    return os.listdir(folder / "edits")


def test_what_was_edited_is_sent_as_a_patch_of_it_alone(
    server: FakeServer, run: Run, web: dict[str, Any], editor: Editor, tmp_path: Path
) -> None:
    editor(("app: x", "app: z"))
    assert run("edit", "pod/web") == (0, "pod/web edited\n", "")
    asked = server.asked[-1]
    assert asked.body == {"metadata": {"labels": {"app": "z"}}}
    assert asked.headers["content-type"] == "application/strategic-merge-patch+json"
    assert seen(tmp_path)[0].startswith(HEADER)
    assert "\n#\napiVersion: v1\nkind: Pod\n" in seen(tmp_path)[0]
    assert files(tmp_path) == []


def test_a_container_is_told_by_its_name(
    server: FakeServer, run: Run, web: dict[str, Any], editor: Editor
) -> None:
    editor(("image: nginx\n", "image: nginx:2\n"))
    assert run("edit", "pod", "web").code == 0
    spec = server.asked[-1].body["spec"]
    assert spec["containers"] == [{"image": "nginx:2", "name": "app"}]


def test_json_is_edited_too(
    server: FakeServer, run: Run, web: dict[str, Any], editor: Editor
) -> None:
    editor(('"app": "x"', '"app": "z"'))
    assert json.loads(run("edit", "pod/web", "-o", "json").out) == web
    assert server.asked[-1].body == {"metadata": {"labels": {"app": "z"}}}


def test_a_namespace_is_edited_too(server: FakeServer, run: Run, web: Any, editor: Editor) -> None:
    path = "/api/v1/namespaces/lab"
    server.answers[f"GET {path}"] = Answer(namespace())
    server.answers[f"PATCH {path}?fieldValidation=Strict"] = Answer(namespace())
    editor(("  name: lab", "  labels: {a: b}\n  name: lab"))
    assert run("edit", "ns/lab").out == "namespace/lab edited\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("none of it", ""), "no changes made"),
        (("kind: Pod", "# a comment\nkind: Pod"), "no changes made"),
        (("app: x", "app: 'x'"), "no changes made"),
        (("", ""), "saved file was empty"),
        (("", "# only\n\n  # comments\n"), "saved file was empty"),
    ],
)
def test_an_edit_that_changes_nothing_is_cancelled(
    server: FakeServer, run: Run, web: Any, editor: Editor, change: tuple[str, str], told: str
) -> None:
    editor(change)
    assert run("edit", "pod/web") == (0, "", f"Edit cancelled, {told}.\n")
    assert {one.method for one in server.asked} == {"GET"}
    assert files(server.root) == []


def test_a_text_that_cannot_be_read_is_opened_again_with_its_line(
    server: FakeServer, run: Run, web: Any, editor: Editor, tmp_path: Path
) -> None:
    editor(("app: x", "app: z: y"), ("app: z: y", "app: z"))
    assert run("edit", "pod/web") == (0, "pod/web edited\n", "")
    again = seen(tmp_path)[1]
    assert again.startswith(HEADER)
    number = next(n for n, line in enumerate(again.splitlines(), 1) if "app: z: y" in line)
    assert "# The edited file cannot be read:\n" in again
    assert f"# * line {number}, column 11: cannot read: a second ':'" in again
    assert again.count("# Please edit") == 1
    assert server.asked[-1].body == {"metadata": {"labels": {"app": "z"}}}
    assert files(tmp_path) == []


def test_what_the_server_refuses_is_opened_again_with_its_words(
    server: FakeServer, run: Run, web: Any, editor: Editor, tmp_path: Path
) -> None:
    causes = [{"field": "spec", "message": "no", "reason": "FieldValueForbidden"}]
    refused = failure(422, "Invalid", 'Pod "web" is invalid: spec: no', causes=causes, hint="don't")
    server.answers[PATCH] = [refused, server.answers[PATCH]]
    editor(("app: x", "app: z"), ("app: z", "app: q"))
    assert run("edit", "pod/web").out == "pod/web edited\n"
    again = seen(tmp_path)[1]
    assert '#\n# Pod "web" is invalid: spec: no\n# Hint: don\'t\n#\napiVersion: v1\n' in again
    assert server.asked[-1].body == {"metadata": {"labels": {"app": "q"}}}


def test_who_leaves_an_error_as_it_is_gives_up_and_keeps_the_file(
    server: FakeServer, run: Run, web: Any, editor: Editor, tmp_path: Path
) -> None:
    editor(("app: x", "app: [x"), ("nothing", ""))
    done = run("edit", "pod/web")
    assert (done.code, done.out) == (1, "")
    (name,) = files(tmp_path)
    kept = tmp_path / "edits" / name
    assert done.err == (
        f'A copy of your changes has been stored to "{kept}"\n'
        "Error: Edit cancelled, no valid changes were saved.\n"
    )
    assert "app: [x" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("kind: Pod", "kind: Pot"), "# kind: it may not change: it was Pod\n"),
        (("name: web", "name: other"), "# metadata.name: it may not change: it was web\n"),
        (("namespace: default", "namespace: x"), "# metadata.namespace: it may not change"),
        (("", "- a list\n"), "# the edited file is no object (key: value)\n"),
        (("", "a: b\n---\nc: d\n"), "# the edited file: it holds 2 objects, not one\n"),
    ],
)
def test_an_edit_may_not_make_it_another_object(
    run: Run, web: Any, editor: Editor, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    editor(change, ("nothing", ""))
    assert run("edit", "pod/web").code == 1
    assert told in seen(tmp_path)[1]


def test_a_conflict_keeps_the_file_and_says_how_to_go_on(
    server: FakeServer, run: Run, web: Any, editor: Editor, tmp_path: Path
) -> None:
    server.answers[PATCH] = failure(409, "Conflict", "it was changed")
    editor(("app: x", "app: z"))
    done = run("edit", "pod/web")
    kept = tmp_path / "edits" / files(tmp_path)[0]
    assert done == (
        1,
        "",
        (
            "Error from server (Conflict): it was changed\n"
            f"You can run `minipod replace -f {kept}` to try this update again.\n"
        ),
    )
    assert "app: z" in kept.read_text()


def test_edits_of_what_is_gone_meanwhile_are_kept(
    server: FakeServer, run: Run, web: Any, editor: Editor, tmp_path: Path
) -> None:
    server.answers[PATCH] = failure(404, "NotFound", "no")
    editor(("app: x", "app: z"))
    done = run("edit", "pod/web")
    kept = tmp_path / "edits" / files(tmp_path)[0]
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith(
        f'The edits you made on deleted resources have been saved to "{kept}"\n'
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("strict", "?fieldValidation=Strict"), ("warn", ""), ("false", "?fieldValidation=Ignore")],
)
def test_unknown_fields_are_treated_as_asked(
    server: FakeServer, run: Run, web: Any, editor: Editor, value: str, expected: str
) -> None:
    server.answers[f"PATCH {WEB}{expected}"] = Answer(web)
    editor(("app: x", "app: z"))
    assert run("edit", "pod/web", f"--validate={value}").code == 0
    assert server.asked[-1].target == WEB + expected


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("/no/such/editor", 'unable to launch the editor "/no/such/editor": no such file'),
        ("false", 'there was a problem with the editor "false": it ended with code 1'),
        ("vi 'x", "cannot read KUBE_EDITOR=vi 'x: No closing quotation"),
    ],
)
def test_an_editor_that_fails_is_named(
    server: FakeServer, run: Run, web: Any, monkeypatch: pytest.MonkeyPatch, words: str, told: str
) -> None:
    monkeypatch.setenv("KUBE_EDITOR", words)
    done = run("edit", "pod/web")
    assert (done.code, done.out) == (1, "")
    assert f"Error: {told}" in done.err
    assert "PATCH" not in {one.method for one in server.asked}


def test_editor_is_asked_after_kube_editor(
    run: Run, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBE_EDITOR", raising=False)
    monkeypatch.setenv("EDITOR", "true")
    assert run("edit", "pod/web").err == "Edit cancelled, no changes made.\n"


def test_without_any_editor_it_says_what_to_set(
    run: Run, web: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KUBE_EDITOR", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run("edit", "pod/web") == (
        1,
        "",
        (
            "Error: unable to launch the editor: there is no vi, nano or editor\n"
            "Hint: set KUBE_EDITOR or EDITOR to an editor that there is\n"
        ),
    )
    (tmp_path / "nano").write_text("#!/bin/sh\n")
    (tmp_path / "nano").chmod(0o755)
    assert run("edit", "pod/web").err == "Edit cancelled, no changes made.\n"


@pytest.mark.parametrize(
    "argv", ["edit", "edit pod -f x", "edit pod a -l b=c", "edit pod/a -o name"]
)
def test_edit_needs_objects_in_one_way_and_a_language_to_edit_in(
    run: Run, server: FakeServer, argv: str
) -> None:
    assert run(*argv.split()).code == 2
    assert server.asked == []


def test_edit_of_a_pod_that_is_not_there(run: Run, web: Any, editor: Editor) -> None:
    editor(("app: x", "app: z"))
    done = run("edit", "pod/none")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith('Error from server (NotFound): pods "none" not found\n')


def test_a_script_in_the_object_keeps_its_first_line(
    server: FakeServer, run: Run, web: dict[str, Any], editor: Editor, tmp_path: Path
) -> None:
    web["spec"]["containers"][0]["args"] = ["#!/bin/sh\necho\n"]
    server.answers[f"GET {WEB}"] = Answer(web)
    editor(("app: x", "app: [x"), ("app: [x", "app: z"))
    assert run("edit", "pod/web").out == "pod/web edited\n"
    assert server.asked[-1].body == {"metadata": {"labels": {"app": "z"}}}


@pytest.fixture
def two(server: FakeServer, web: dict[str, Any]) -> list[dict[str, Any]]:
    """The namespaces a and b, with a label each; every patch gets the object back as it was."""
    objects = []
    for name in ("a", "b"):
        obj = namespace()
        obj["metadata"] |= {"name": name, "labels": {"app": "x"}}
        path = f"/api/v1/namespaces/{name}"
        server.answers[f"GET {path}"] = Answer(obj)
        server.answers[f"PATCH {path}?fieldValidation=Strict"] = Answer(obj)
        objects.append(obj)
    server.answers["GET /api/v1/namespaces"] = Answer({"items": objects})
    return objects


def patches(server: FakeServer) -> list[tuple[str, Any]]:
    return [
        (one.target.partition("?")[0].rpartition("/")[2], one.body)
        for one in server.asked
        if one.method == "PATCH"
    ]


@pytest.mark.parametrize("words", ["ns a b", "ns/a ns/b", "ns"])
def test_several_objects_are_one_list_and_each_is_told(
    server: FakeServer, run: Run, two: Any, editor: Editor, tmp_path: Path, words: str
) -> None:
    editor(("app: x\n    name: b", "app: z\n    name: b"))
    assert run("edit", *words.split()) == (0, "namespace/a skipped\nnamespace/b edited\n", "")
    assert patches(server) == [("b", {"metadata": {"labels": {"app": "z"}}})]
    assert "#\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Name" in seen(tmp_path)[0]
    assert seen(tmp_path)[0].endswith("kind: List\nmetadata: {}\n")


def test_of_several_the_refused_are_edited_again_with_each_reason(
    server: FakeServer, run: Run, two: Any, editor: Editor, tmp_path: Path
) -> None:
    path = "PATCH /api/v1/namespaces/{}?fieldValidation=Strict"
    refused = failure(422, "Invalid", 'Namespace "b" is invalid: no', causes=[{"message": "no"}])
    server.answers[path.format("b")] = [refused, Answer(two[1])]
    editor(("app: x", "app: z"), ("app: z", "app: q"))
    done = run("edit", "ns", "a", "b")
    assert done == (
        0,
        "namespace/a edited\nnamespace/a edited\nnamespace/b edited\n",
        'Error: namespaces "b" is invalid\n',
    )
    assert '\n#\n# Namespace "b" is invalid: no\n#\napiVersion: v1\n' in seen(tmp_path)[1]
    assert files(tmp_path) == []


def test_an_item_that_was_taken_out_stays_as_it_is(
    server: FakeServer, run: Run, two: Any, editor: Editor
) -> None:
    two[0]["metadata"]["labels"]["app"] = "y"
    left = json.dumps({"kind": "List", "items": [two[0]]})
    editor(("", left))
    server.answers["GET /api/v1/namespaces/a"] = Answer(namespace() | {"metadata": {"name": "a"}})
    assert run("edit", "ns", "a", "b").out == "namespace/a edited\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("name: b", "name: a"), "# items[1]: apiVersion, kind, name and namespace may not change"),
        (("kind: List", "kind: Lots"), "# the edited file is no List (kind: List, items: [...])"),
        (("app: x", "app: [x"), "# The edited file cannot be read:\n# * line "),
    ],
)
def test_a_list_of_other_objects_is_opened_again(
    run: Run,
    two: Any,
    editor: Editor,
    tmp_path: Path,
    change: tuple[str, str],
    told: str,
) -> None:
    editor(change, ("nothing", ""))
    assert run("edit", "ns", "a", "b").code == 1
    assert told in seen(tmp_path)[1]


def test_without_objects_there_is_nothing_to_edit(server: FakeServer, run: Run) -> None:
    server.answers["GET /api/v1/namespaces/default/pods"] = Answer({"items": []})
    assert run("edit", "pods") == (1, "", "Error: edit cancelled, no objects found\n")


def test_what_is_sent_is_shown_and_kept_as_applied(
    server: FakeServer, run: Run, two: Any, editor: Editor
) -> None:
    editor(("app: x", "app: z"))
    done = run("edit", "ns/a", "--save-config", "--output-patch", "--field-manager=me")
    patch, said = done.out.splitlines()
    assert (said, done.code) == ("namespace/a edited", 0)
    assert json.loads(patch.removeprefix("Patch: ")) == patches(server)[0][1]
    metadata = patches(server)[0][1]["metadata"]
    assert metadata["labels"] == {"app": "z"}
    applied = metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert json.loads(applied)["metadata"]["labels"] == {"app": "z"}


def test_lines_may_end_as_on_windows(
    server: FakeServer, run: Run, web: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBE_EDITOR", f"cp --target-directory={tmp_path}")
    assert "no changes made" in run("edit", "pod/web", "--windows-line-endings").err
    (kept,) = tmp_path.glob("minipod-edit-*")
    lines = kept.read_bytes().splitlines(keepends=True)
    assert {line[-2:] for line in lines} == {b"\r\n"}
