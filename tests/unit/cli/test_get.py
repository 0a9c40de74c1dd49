"""`get`: several kinds, order, labels, formats of one's own, and what a watch says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

PODS = "/api/v1/namespaces/default/pods"
SPACES = "/api/v1/namespaces"
COLUMNS = [
    {"name": "Name", "priority": 0, "format": "name"},
    {"name": "Status", "priority": 0, "format": ""},
]
VERSION = {"resourceVersion": "7"}


def pod(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": {"n": len(labels)}}


def space(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def table(*objects: dict[str, Any]) -> Answer:
    rows = [{"cells": [one["metadata"]["name"], "fine"], "object": one} for one in objects]
    return Answer({"columnDefinitions": COLUMNS, "metadata": VERSION, "rows": rows})


def listed(*objects: dict[str, Any]) -> Answer:
    return Answer({"items": list(objects), "metadata": VERSION})


def watch(*events: tuple[str, dict[str, Any]]) -> Answer:
    lines = [json.dumps({"type": kind, "object": obj}).encode() + b"\n" for kind, obj in events]
    return Answer(chunks=lines)


def test_kinds_stand_below_each_other_with_their_names_before_the_objects(
    server: FakeServer, run: Run
) -> None:
    server.answers = {f"GET {PODS}": table(pod("web")), f"GET {SPACES}": table(space("lab"))}
    assert run("get", "pods,ns").out == (
        "NAME      STATUS\npod/web   fine\n\nNAME            STATUS\nnamespace/lab   fine\n"
    )
    assert run("get", "po,namespaces", "--no-headers").out == (
        "pod/web   fine\nnamespace/lab   fine\n"
    )
    server.answers["GET /api/v1/pods"] = table(pod("web"))
    assert run("get", "pods,ns", "-A").out == (
        "NAMESPACE   NAME      STATUS\ndefault     pod/web   fine\n\n"
        "NAMESPACE   NAME            STATUS\n            namespace/lab   fine\n"
    )


def test_a_kind_without_objects_leaves_no_gap(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}": table(), f"GET {SPACES}": table(space("lab"))}
    shown = "NAME            STATUS\nnamespace/lab   fine\n"
    assert run("get", "pods,ns").out == run("get", "ns,pods").out == shown
    server.answers[f"GET {SPACES}"] = table()
    assert run("get", "pods,ns").err == "No resources found\n"
    assert run("get", "pods", "--ignore-not-found") == (0, "", "")


def test_names_of_several_kinds_are_shown_in_their_order(server: FakeServer, run: Run) -> None:
    server.answers = {
        f"GET {PODS}/a": table(pod("a")),
        f"GET {PODS}/b": table(pod("b")),
        f"GET {SPACES}/lab": table(space("lab")),
    }
    done = run("get", "pod/b", "pod/a", "ns/lab", "pod/b")
    assert [line.split()[0] for line in done.out.splitlines() if line] == [
        "NAME", "pod/b", "pod/a", "NAME", "namespace/lab", "NAME", "pod/b",
    ]  # fmt: skip
    assert run("get", "pod", "a", "a", "--no-headers").out == "a     fine\na     fine\n"


def test_all_is_what_a_namespace_runs(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}": table(pod("web"))}
    assert run("get", "all").out == "NAME   STATUS\nweb    fine\n"
    assert run("get", "all", "--show-kind", "--no-headers").out == "pod/web   fine\n"


def test_labels_have_columns(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}": table(pod("web", app="x", tier="y"), pod("db"))}
    assert run("get", "pods", "-L", "app,example.com/os", "-L", "tier", "--show-labels").out == (
        "NAME   STATUS   APP   OS    TIER   LABELS\n"
        "web    fine     x           y      app=x,tier=y\n"
        "db     fine                        <none>\n"
    )


def test_rows_are_sorted_by_what_a_path_finds(server: FakeServer, run: Run) -> None:
    objects = [pod("b", x="1", y="2"), pod("c"), pod("a", x="3")]
    server.answers = {
        f"GET {PODS}?includeObject=Object": table(*objects),
        f"GET {PODS}": listed(*objects),
    }
    for path, names in (("status.n", "cab"), ("{.metadata.name}", "abc"), (".metadata.x", "")):
        done = run("get", "pods", "--sort-by", path, "--no-headers")
        assert "".join(line[0] for line in done.out.splitlines()) == names
    assert done == (
        1, "",
        'Error: couldn\'t find any field with path "{.metadata.x}" in the list of objects\n',
    )  # fmt: skip
    assert run("get", "pods", "--sort-by=.status.n", "-o", "name").out == "pod/c\npod/a\npod/b\n"


def test_what_is_not_there_can_be_ignored(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}/web": table(pod("web")), f"GET {PODS}": listed()}
    assert run("get", "pod", "x", "web", "--ignore-not-found", "--no-headers").out == "web   fine\n"
    for output in ((), ("-o", "json"), ("-o", "jsonpath={.a}"), ("-w",)):
        assert run("get", "pod", "x", "--ignore-not-found", *output) == (0, "", "")
    assert run("get", "pod", "x", "-o", "json")[:2] == (1, "")
    both = run("get", "pod", "x", "y", "-o", "json")
    assert json.loads(both.out)["items"] == []
    assert both.err.count("not found") == 2


def test_objects_of_several_kinds_are_one_list(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}": listed(pod("web")), f"GET {SPACES}": listed(space("lab"))}
    assert run("get", "pods,ns", "-o", "name").out == "pod/web\nnamespace/lab\n"
    shown = json.loads(run("get", "pods,ns", "-o", "json").out)
    assert shown == {
        "apiVersion": "v1",
        "items": [pod("web"), space("lab")],
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }
    assert run("get", "pods,ns", "-o", "jsonpath={.items[*].kind}").out == "Pod Namespace"


def test_a_kind_of_another_group_says_so(server: FakeServer, run: Run) -> None:
    conflict = {"apiVersion": "minipod.dev/v1", "kind": "PortConflict", "metadata": {"name": "x"}}
    path = "/apis/minipod.dev/v1/namespaces/default/portconflicts"
    server.answers = {f"GET {path}": listed(conflict), f"GET {path}/x": table(conflict)}
    shown = "portconflict.minipod.dev/x"
    assert run("get", "conflicts", "-o", "name").out == f"{shown}\n"
    assert run("get", f"{shown}", "--show-kind", "--no-headers").out == f"{shown}   fine\n"


def test_a_template_is_filled_once_with_all(server: FakeServer, run: Run, tmp_path: Path) -> None:
    server.answers = {
        f"GET {PODS}": listed(pod("a"), pod("b")),
        f"GET {PODS}/a": Answer(pod("a")),
    }
    names = "{.items[*].metadata.name}"
    assert run("get", "pods", "-o", f"jsonpath={names}").out == "a b"
    assert run("get", "pod", "a", "-ojsonpath={.metadata.name}").out == "a"
    assert run("get", "pods", f"-o=jsonpath-as-json={names}").out == '[\n    "a",\n    "b"\n]\n'
    file = tmp_path / "template"
    file.write_text(f"{names}!")
    assert run("get", "pods", "-o", f"jsonpath-file={file}").out == "a b!"


def test_columns_of_one_s_own(server: FakeServer, run: Run, tmp_path: Path) -> None:
    server.answers = {f"GET {PODS}": listed(pod("a", app="x"), pod("b"))}
    spec = "custom-columns=NAME:.metadata.name,LABELS:metadata.labels,N:{.status.n},X:.x"
    assert run("get", "pods", "-o", spec).out == (
        "NAME   LABELS       N     X\n"
        "a      map[app:x]   1     <none>\n"
        "b      map[]        0     <none>\n"
    )
    file = tmp_path / "columns"
    file.write_text("NAME      N\n{.metadata.name} .status.n\n")
    of_file = ("get", "pods", "-o", f"custom-columns-file={file}")
    assert run(*of_file).out == "NAME   N\na      1\nb      0\n"
    server.answers = {f"GET {PODS}": listed()}
    assert run(*of_file).out == "NAME   N\n"
    assert run("get", "pods", "-o", spec, "--no-headers") == (0, "", "")


@pytest.mark.parametrize(
    ("output", "code", "why"),
    [
        ("jsonpath={.items[}", 1, "error parsing jsonpath {.items[}, unterminated array"),
        ("jsonpath={.items[7]}", 1, 'executing jsonpath "{.items[7]}": array index out of bounds'),
        ("jsonpath=", 2, "template format specified but no template given"),
        ("jsonpath", 2, "template format specified but no template given"),
        ("jsonpath-file=", 2, "template format specified but no template given"),
        ("jsonpath-file=/none", 1, "error reading --template /none, open /none: no such file"),
        ("custom-columns", 2, "custom-columns format specified but no custom columns given"),
        ("custom-columns-file", 2, "custom-columns format specified but no custom columns given"),
        ("custom-columns=A", 1, "custom-columns spec: A, expected <header>:<json-path-expr>"),
        ("custom-columns=A:{.b", 1, "unexpected path string, expected a 'name1.name2'"),
        ("custom-columns=A:.b[", 1, "unterminated array"),
        ("custom-columns-file=/none", 1, "error reading template /none, open /none: no such file"),
        ("nonsense", 2, 'unable to match a printer suitable for the output format "nonsense"'),
        ("jsonn={}", 2, "allowed formats are: custom-columns,custom-columns-file,go-template,"),
    ],
)
def test_a_format_that_is_none_is_refused(
    server: FakeServer, run: Run, output: str, code: int, why: str
) -> None:
    server.answers = {f"GET {PODS}": listed(pod("a"))}
    done = run("get", "pods", "-o", output)
    assert (done.code, done.out) == (code, "")
    assert why in done.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing header line"),
        ("A B", "missing spec line"),
        ("A B\n.a", "number of headers (2) and field specifications (1) don't match"),
    ],
)
def test_a_file_of_columns_has_two_lines(run: Run, tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "columns"
    file.write_text(text)
    assert why in run("get", "pods", "-o", f"custom-columns-file={file}").err


def test_a_missing_key_can_be_an_error(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}": listed(pod("a"))}
    argv = ("get", "pods", "-o", "jsonpath={.items[*].x}")
    assert run(*argv) == (0, "", "")
    refused = run(*argv, "--allow-missing-template-keys=false")
    assert refused.err == 'Error: error executing jsonpath "{.items[*].x}": x is not found\n'


def test_a_watch_says_what_became_of_each(server: FakeServer, run: Run) -> None:
    changed, gone = pod("a", app="x"), pod("a")
    events = f"GET {PODS}?watch=true&resourceVersion=7"
    server.answers = {
        f"GET {PODS}": table(pod("a")),
        events: watch(("MODIFIED", table(changed).body), ("DELETED", table(gone).body)),
    }
    assert run("get", "pods", "-w", "--output-watch-events", "-L", "app").out == (
        "EVENT      NAME   STATUS   APP\n"
        "ADDED      a      fine     \n"
        "MODIFIED   a      fine     x\n"
        "DELETED    a      fine     \n"
    )
    server.answers = {f"GET {PODS}": listed(pod("a")), events: watch(("DELETED", gone))}
    shown = run("get", "pods", "-w", "--output-watch-events", "-o", "json").out.splitlines()
    assert [json.loads(line)["type"] for line in shown] == ["ADDED", "DELETED"]
    assert shown[1].startswith('{"type":"DELETED","object":{"apiVersion":"v1",')
    template = "jsonpath={.type} {.object.metadata.name};"
    assert run("get", "pods", "-w", "--output-watch-events", "-o", template).out == (
        "ADDED a;DELETED a;"
    )
    columns = "custom-columns=WHAT:.type,NAME:.object.metadata.name"
    assert run("get", "pods", "-w", "--output-watch-events", "-o", columns).out == (
        "WHAT    NAME\nADDED   a\nDELETED   a\n"
    )


def test_files_name_what_is_shown(server: FakeServer, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_text("x")
    named = [
        {"kind": "Pod", "namespace": "default", "name": "a"},
        {"kind": "Namespace", "namespace": "", "name": "lab"},
    ]
    server.answers = {
        "POST /apis/minipod.dev/v1/decode": Answer({"objects": named}),
        f"GET {PODS}/a": Answer(pod("a")),
        f"GET {SPACES}/lab": Answer(space("lab")),
    }
    assert run("get", "-f", str(file), "-o", "name").out == "pod/a\nnamespace/lab\n"
    server.answers["POST /apis/minipod.dev/v1/decode"] = Answer({"objects": named[:1]})
    alone = run("get", "-f", str(file), "-o", "jsonpath={.metadata.name}")
    assert alone.out == "a"
    server.answers["POST /apis/minipod.dev/v1/decode"] = failure(400, "BadRequest", "no YAML")
    assert run("get", "-f", str(file)).code == 1


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ("", "give a KIND, or --filename"),
        ("pods -f x", "--filename cannot be given together with a kind"),
        ("-f x -l a=b", "--filename cannot be given together with a kind or a selector"),
        ("pod web -A", "a resource cannot be retrieved by name across all namespaces"),
        ("pod web -l a=b", "names cannot be given together with a selector"),
        ("pods,ns -w", "you may only specify a single resource type"),
        ("pod/a ns/b -w", "you may only specify a single resource type"),
        ("pods --show-labels -o json", "--show-labels option cannot be used with json printer"),
        ("pods -L a -o name", "--label-columns option cannot be used with name printer"),
        ("pods --output-watch-events", "can only be used with --watch or --watch-only"),
        ("pods pod/a", "is not a name"),
        ("pod/", "is not pod/NAME"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, argv: str, why: str) -> None:
    done = run("get", *argv.split())
    assert (done.code, done.out) == (2, "")
    assert why in done.err


def test_what_the_server_answers_at_a_path_is_printed_as_it_is(
    server: FakeServer, run: Run
) -> None:
    server.answers = {"GET /version": Answer(chunks=[b'{"a":', b" 1}"])}
    assert run("get", "--raw", "/version") == (0, '{"a": 1}', "")
    assert run("get", "--raw=version").out == '{"a": 1}'
    missing = run("get", "--raw", f"{PODS}/none")
    assert missing == (1, "", 'Error from server (NotFound): pods "none" not found\n')
    server.asked.clear()
    assert run("get", "pods", "--raw", "/version").code == 2
    assert run("get", "--raw", "/version", "-o", "json").code == 2
    assert server.asked == []


def test_a_table_that_the_server_does_not_make_has_names_and_ages(
    server: FakeServer, run: Run
) -> None:
    born = {"creationTimestamp": "2020-01-01T00:00:00Z"}
    web = pod("web", app="x")
    web["metadata"] |= born
    server.answers = {f"GET {PODS}": listed(web), f"GET {PODS}/web": Answer(web)}
    argv = ("--server-print=false", "-L", "app")
    for words in (("pods",), ("pod/web",), ("pods", "-o", "wide")):
        header, row = run("get", *words, *argv).out.splitlines()
        assert header.split() == ["NAME", "AGE", "APP"]
        assert row.split()[::2] == ["web", "x"]
    assert "as=Table" not in server.asked[-1].headers["accept"]
    server.answers[f"GET {PODS}?watch=true&resourceVersion=7"] = watch(("MODIFIED", web))
    assert len(run("get", "pods", "-w", *argv).out.splitlines()) == 3


@pytest.mark.parametrize("word", ["pods.v1.", "pod", "po"])
def test_a_kind_may_be_named_with_its_version(server: FakeServer, run: Run, word: str) -> None:
    server.answers = {f"GET {PODS}": listed(pod("web"))}
    assert run("get", word, "-o", "name").out == "pod/web\n"


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (("-o", "go-template={{range .items}}{{.metadata.name}};{{end}}"), "a;b;"),
        (("--template={{len .items}}",), "2"),
        (("-o", "template", "--template", "{{.kind}}"), "List"),
        (("-o", "jsonpath", "--template={.items[1].metadata.name}"), "b"),
        (("-o", "name", "--template={{.kind}}"), "pod/a\npod/b\n"),
    ],
)
def test_templates_are_go_s_too(
    server: FakeServer, run: Run, argv: tuple[str, ...], shown: str
) -> None:
    server.answers = {f"GET {PODS}": listed(pod("a"), pod("b"))}
    assert run("get", "pods", *argv).out == shown


def test_a_go_template_may_stand_in_a_file(server: FakeServer, run: Run, tmp_path: Path) -> None:
    server.answers = {f"GET {PODS}/a": Answer(pod("a"))}
    file = tmp_path / "template"
    file.write_text("{{.kind}}\n")
    assert run("get", "pod/a", "-o", f"go-template-file={file}").out == "Pod\n"
    assert run("get", "pod/a", "-o", "templatefile", f"--template={file}").out == "Pod\n"


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{.x", "error parsing template {{.x, template: output:1: unclosed action"),
        (
            "{{index .items 9}}",
            (
                'error executing template "{{index .items 9}}": template: output:1:2: executing'
                ' "output" at <index .items 9>: error calling index: index out of range: 9'
            ),
        ),
    ],
)
def test_a_go_template_that_fails_is_told_with_its_place(
    server: FakeServer, run: Run, template: str, why: str
) -> None:
    server.answers = {f"GET {PODS}": listed(pod("a"))}
    done = run("get", "pods", "-o", f"go-template={template}")
    assert done == (1, "", f"Error: {why}\n")
