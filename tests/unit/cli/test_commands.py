"""Each command: what it asks the server for, what it prints, how it ends."""

from __future__ import annotations

import fcntl
import io
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from minipod import __version__
from minipod.cli import session
from minipod.cli.group import COMMANDS, cli
from minipod.client.api import DEFAULT_NAMESPACE
from minipod.model.root import DEFAULT_ROOT
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Run

PODS = "/api/v1/namespaces/default/pods"
OWN = "/apis/minipod.dev/v1"
COLUMNS = [
    {"name": name, "priority": priority}
    for name, priority in (("Name", 0), ("Ready", 0), ("IP", 1), ("Nominated Node", 1))
]


def table(*names: str) -> Answer:
    """Return the Table of pods of these names."""
    rows = [
        {
            "cells": [name, "1/1", "10.244.0.2", None],
            "object": {"metadata": {"name": name, "namespace": "default"}},
        }
        for name in names
    ]
    return Answer({"kind": "Table", "columnDefinitions": COLUMNS, "rows": rows})


def pod(name: str = "web", waiting: str | None = None) -> dict[str, Any]:
    state: dict[str, Any] = {"running": {}}
    if waiting:
        state = {"waiting": {"reason": waiting, "message": "map it or give a command"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": name, "resourceVersion": "7"},
        "spec": {"containers": [{"name": "a"}, {"name": "b"}]},
        "status": {"containerStatuses": [{"name": "a", "state": state}]},
    }


def lines(*events: dict[str, Any]) -> Answer:
    return Answer(chunks=[json.dumps(event).encode() + b"\n" for event in events])


def all_commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from all_commands(command, f"{path}{name} ")


@pytest.mark.parametrize(("name", "command"), list(all_commands(cli)))
def test_every_command_has_a_help_with_an_example(name: str, command: click.Command) -> None:
    shown = CliRunner().invoke(cli, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert "Examples:\n" in shown.output
    assert f"  minipod {name} " in shown.output or f"  minipod {name}\n" in shown.output


@pytest.mark.parametrize("argv", ["", "get", "server stop"])
def test_help_is_a_word_too(run: Run, argv: str) -> None:
    asked, shown = run("help", *argv.split()), run(*argv.split(), "--help")
    assert asked == shown
    assert shown.code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_own_help_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name]


def test_the_command_line_s_defaults_are_the_server_s() -> None:
    assert session.DEFAULT_ROOT == DEFAULT_ROOT
    assert session.DEFAULT_NAMESPACE == DEFAULT_NAMESPACE


def test_get_prints_kubectl_s_table(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}"] = table("web", "a")
    assert run("get", "pods").out == "NAME   READY\nweb    1/1\na      1/1\n"
    assert run("get", "po", "--no-headers").out == "web   1/1\na     1/1\n"
    assert run("get", "pod", "-o", "wide").out == (
        "NAME   READY   IP           NOMINATED NODE\n"
        "web    1/1     10.244.0.2   <none>\n"
        "a      1/1     10.244.0.2   <none>\n"
    )


def test_get_of_all_namespaces_shows_them(server: FakeServer, run: Run) -> None:
    server.answers["GET /api/v1/pods?labelSelector=a%3Db"] = table("web")
    shown = run("get", "pods", "-A", "-l", "a=b").out
    assert shown == "NAMESPACE   NAME   READY\ndefault     web    1/1\n"


def test_get_of_nothing_says_so(server: FakeServer, run: Run) -> None:
    server.answers = {"GET /api/v1/namespaces/lab/pods": table(), "GET /api/v1/pods": table()}
    assert run("get", "pods", "-n", "lab") == (0, "", "No resources found in lab namespace.\n")
    assert run("-n", "lab", "get", "pods") == (0, "", "No resources found in lab namespace.\n")
    assert run("get", "pods", "-A") == (0, "", "No resources found\n")


def test_get_by_names_shows_what_is_there_and_what_is_not(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}/web": table("web"), f"GET {PODS}/a": table("a")}
    done = run("get", "pod/web", "pods/x", "po/a")
    assert done.code == 1
    assert done.out == "NAME   READY\nweb    1/1\na      1/1\n"
    assert done.err == 'Error from server (NotFound): pods "x" not found\n'
    assert run("get", "pods", "x").out == ""


def test_get_as_yaml_json_and_names(server: FakeServer, run: Run) -> None:
    listed = {"kind": "PodList", "items": [{"metadata": {"name": "web"}}]}
    server.answers = {f"GET {PODS}": Answer(listed), f"GET {PODS}/web": Answer(pod())}
    assert run("get", "pods", "-o", "name").out == "pod/web\n"
    assert run("get", "pod", "web", "-o", "yaml").out.startswith("apiVersion: v1\nkind: Pod\n")
    assert json.loads(run("get", "pod", "web", "-o", "json").out) == pod()
    shown = json.loads(run("get", "pods", "-o", "json").out)
    assert shown == {
        "apiVersion": "v1",
        "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}],
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }


def test_an_unknown_kind_is_told_as_kubectl_does(server: FakeServer, run: Run) -> None:
    done = run("get", "frobs")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        'Error: the server doesn\'t have a resource type "frobs"\n'
        "Hint: this command is about pods (po), events (ev), nodes (no), namespaces (ns), "
        "portconflicts (conflicts)\n"
    )


def test_a_command_says_what_it_is_about(run: Run) -> None:
    done = run("delete", "events", "--all")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "Error: cannot do this with events\n"
        "Hint: this command is about pods (po), namespaces (ns)\n"
    )


def test_a_kind_may_be_written_in_capitals(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    assert run("get", "Pod/web", "-o", "name").out == "pod/web\n"


@pytest.mark.parametrize(
    "argv",
    [
        "get",
        "get pods -o nonsense",
        "get pods a -l x=y",
        "get pods a -A",
        "get pods a/b",
        "create",
        "run web",
        "run web --restart Sometimes -- true",
        "run web --env A -- true",
        "run web --port 0 -- true",
        "delete",
        "delete pod",
        "delete pod a --all",
        "delete pod a -f x",
        "delete pod a --now --grace-period 3",
        "delete pod a --force --grace-period 3",
        "exec web",
        "logs",
        "logs web --since soon",
        "logs web -l a=b",
        "logs web -c a --all-containers",
        "port-forward web",
        "port-forward web a:b:c",
        "ports web -A",
        "image map x",
        "--root= get pods",
        "--cluster-cidr nonsense get pods",
        "--cluster-cidr 10.0.0.1/8 get pods",
    ],
)
def test_usage_errors_exit_2(run: Run, argv: str) -> None:
    done = run(*argv.split())
    assert (done.code, done.out) == (2, "")
    error, *_, see = done.err.splitlines()
    assert error.startswith("Error: ")
    assert "Usage: minipod" in done.err
    assert see.startswith("See 'minipod")


@pytest.mark.parametrize("spelling", ["-o=json", "-ojson", "--output=json", "-o json"])
def test_options_are_spelled_as_for_kubectl(server: FakeServer, run: Run, spelling: str) -> None:
    server.answers["GET /api/v1/namespaces/lab/pods/web"] = Answer(pod())
    done = run("-n=lab", "get", "pod", "web", *spelling.split())
    assert json.loads(done.out)["metadata"]["name"] == "web", done.err


def test_create_tells_what_happens_in_order(server: FakeServer, run: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("kind: Pod")
    server.answers[f"POST {OWN}/manifests?namespace=lab&action=create"] = lines(
        {"type": "WARNING", "message": "a cluster will want an image"},
        {"type": "CREATED", "object": pod("one", waiting="ImageNotMapped")},
        {"type": "ERROR", "status": {"reason": "AlreadyExists", "message": "two is taken"}},
        {"type": "CREATED", "object": pod("three")},
    )
    done = run("create", "-n", "lab", "-f", str(tmp_path / "pod.yaml"))
    assert done.code == 1
    assert done.out == "pod/one created\npod/three created\n"
    assert done.err == (
        "Warning: a cluster will want an image\n"
        'Hint: container "a" of pod/one waits: map it or give a command\n'
        "Error from server (AlreadyExists): two is taken\n"
    )
    assert server.asked[0].body["sources"][0]["text"] == "kind: Pod"


def test_create_shows_problems_as_they_are(server: FakeServer, run: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("kind: Pod")
    message = "pod.yaml:1:2: spec: bad\npod.yaml:3:4: spec: worse"
    causes = [{"field": "spec", "message": "bad", "reason": "FieldValueInvalid"}]
    server.answers[f"POST {OWN}/manifests?action=create"] = failure(
        400, "BadRequest", message, causes=causes
    )
    done = run("create", "-f", str(tmp_path / "pod.yaml"))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"{message}\nError: nothing was created\n"


def test_create_says_why_a_pod_waits(server: FakeServer, run: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("kind: Pod")
    obj = pod()
    obj["status"] = {
        "conditions": [{"type": "PodScheduled", "status": "False", "message": "the port is taken"}]
    }
    server.answers[f"POST {OWN}/manifests?action=create"] = lines(
        {"type": "CREATED", "object": obj}
    )
    done = run("create", "-f", str(tmp_path / "pod.yaml"))
    assert done == (0, "pod/web created\n", "Hint: pod/web waits: the port is taken\n")


def test_create_can_be_strict_about_ports(server: FakeServer, run: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("kind: Pod")
    server.answers[f"POST {OWN}/manifests?action=create&strictPorts=true"] = lines()
    assert run("create", "--strict-ports", "-f", str(tmp_path / "pod.yaml")).code == 0


FINDING = {
    "severity": "error",
    "source": "pod.yaml",
    "line": 3,
    "column": 5,
    "field": "spec",
    "message": "bad",
    "wayOut": "do this",
}
WARNING = FINDING | {"severity": "warning", "wayOut": None}


@pytest.mark.parametrize(
    ("items", "code", "out"),
    [
        ([], 0, "pod.yaml: ok\n"),
        ([WARNING], 0, "Warning: pod.yaml:3:5: spec: bad\npod.yaml: ok\n"),
        ([FINDING], 1, "pod.yaml:3:5: spec: bad\n    do this\n"),
        ([FINDING | {"source": None, "line": None, "column": None}], 1, "spec: bad\n    do this\n"),
    ],
)
def test_lint_prints_a_line_for_each_finding_and_each_file_that_is_right(
    server: FakeServer, run: Run, tmp_path: Path, items: list[Any], code: int, out: str
) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text("kind: Pod")
    items = [item | {"source": item["source"] and str(file)} for item in items]
    server.answers[f"POST {OWN}/lint"] = Answer({"items": items})
    done = run("lint", "-f", str(file))
    assert (done.code, done.out.replace(str(file), "pod.yaml"), done.err) == (code, out, "")
    done = run("lint", "-f", str(file), "-o", "json")
    assert (done.code, json.loads(done.out)) == (code, items)


@pytest.mark.parametrize(
    ("flags", "method", "word"), [((), "PUT", "exposed"), (("--remove",), "DELETE", "closed")]
)
def test_expose_port(
    server: FakeServer, run: Run, flags: tuple[str, ...], method: str, word: str
) -> None:
    port = {"protocol": "TCP", "hostIP": "0.0.0.0", "hostPort": 8080, "containerPort": 80}
    target = f"{method} {OWN}/namespaces/lab/pods/web/hostports"
    server.answers[target] = Answer({"items": [port]})
    done = run("expose-port", "pod/web", "8080:80", "-n", "lab", *flags)
    assert done == (0, f"pod/web {word}: 0.0.0.0:8080 -> 80/TCP\n", "")
    assert server.asked[0].body == {"ports": ["8080:80"]}


def test_create_of_a_file_that_is_not_there(server: FakeServer, run: Run) -> None:
    done = run("create", "-f", "/nowhere.yaml")
    assert done == (1, "", 'Error: the path "/nowhere.yaml" does not exist\n')
    done = run("create", "-f", "ftp://localhost/pod.yaml")
    assert done.err.endswith("Hint: it reads http and https only\n")


def test_run_creates(server: FakeServer, run: Run) -> None:
    server.answers[f"POST {PODS}"] = Answer(
        pod(waiting="ImageNotMapped"), 201, ('Warning: 299 - "no image"',)
    )
    done = run("run", "web", "--env", "A=b=c", "-l", "x=1,y=2", "--", "sleep", "-x")
    assert done.out == "pod/web created\n"
    assert done.err == (
        'Warning: no image\nHint: container "a" of pod/web waits: map it or give a command\n'
    )
    asked = server.asked[0].body
    assert asked["metadata"]["labels"] == {"x": "1", "y": "2"}
    assert asked["spec"]["containers"][0]["command"] == ["sleep", "-x"]
    assert asked["spec"]["containers"][0]["env"] == [{"name": "A", "value": "b=c"}]


@pytest.mark.parametrize("state", ["state", "lastState"])
def test_a_program_that_cannot_start_is_told_at_once(
    server: FakeServer, run: Run, state: str
) -> None:
    """Else a typing error shows as CrashLoopBackOff, and nowhere why."""
    obj = pod(waiting="CrashLoopBackOff")
    ended = {"reason": "StartError", "message": 'exec: "sleeep": not found', "exitCode": 128}
    obj["status"]["containerStatuses"][0][state] = {"terminated": ended}
    server.answers[f"POST {PODS}"] = Answer(obj, 201)
    done = run("run", "web", "--", "sleeep")
    hint = 'Hint: container "a" of pod/web does not start: exec: "sleeep": not found\n'
    assert done == (0, "pod/web created\n", hint)


def test_run_can_only_print_without_root_and_server(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    argv = ("run", "web", "--image", "nginx", "--dry-run=client")
    assert run(*argv).out == "pod/web created (dry run)\n"
    assert run(*argv, "-o", "name").out == "pod/web\n"
    assert run(*argv, "-o", "yaml").out == (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    run: web\n  name: web\nspec:\n"
        "  containers:\n  - image: nginx\n    name: web\n  restartPolicy: Always\n"
    )


def gone(server: FakeServer, *names: str) -> None:
    """Let pods be deleted, and a watch tell so."""
    for name in names:
        server.answers[f"DELETE {PODS}/{name}"] = Answer(pod(name))
    server.answers[f"GET {PODS}?watch=true&resourceVersion=7"] = lines(
        *({"type": "DELETED", "object": pod(name)} for name in names)
    )


def test_delete_waits_until_all_are_gone(server: FakeServer, run: Run) -> None:
    gone(server, "a", "b")
    assert run("delete", "pod", "a", "b") == (0, 'pod "a" deleted\npod "b" deleted\n', "")
    assert server.asked[-1].target.endswith("resourceVersion=7")
    assert "gracePeriodSeconds" not in server.asked[0].body


@pytest.mark.parametrize(
    ("argv", "grace"),
    [
        (["--grace-period", "5"], 5),
        (["--grace-period=0"], 1),
        (["--now"], 1),
        (["--force"], 0),
        (["--force", "--grace-period=0"], 0),
    ],
)
def test_delete_s_grace(server: FakeServer, run: Run, argv: list[str], grace: int) -> None:
    gone(server, "a")
    done = run("delete", "pod/a", *argv, "--wait=false")
    assert done.out == f'pod "a" {"force deleted" if grace == 0 else "deleted"}\n'
    assert ("Warning: " in done.err) == (grace == 0)
    assert [one.body["gracePeriodSeconds"] for one in server.asked] == [grace]


def test_delete_by_label_deletes_the_pods_it_saw(server: FakeServer, run: Run) -> None:
    gone(server, "a")
    server.answers[f"GET {PODS}?labelSelector=x%3Dy"] = Answer({"items": [pod("a")]})
    assert run("delete", "pods", "-l", "x=y").out == 'pod "a" deleted\n'
    assert server.asked[1].body["preconditions"] == {"uid": "a"}


def test_delete_of_all_of_none(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}"] = Answer({"items": []})
    assert run("delete", "pods", "--all") == (0, "No resources found\n", "")


def test_delete_by_file(server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    gone(server, "a")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"kind: Pod")))
    named = {"objects": [{"kind": "Pod", "namespace": "default", "name": "a"}]}
    server.answers[f"POST {OWN}/decode"] = Answer(named)
    assert run("delete", "-f", "-").out == 'pod "a" deleted\n'


def test_delete_shows_problems_as_they_are(server: FakeServer, run: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("kind: Pod")
    causes = [{"field": "spec", "message": "bad", "reason": "FieldValueInvalid"}]
    message = "pod.yaml:1:2: spec: bad\npod.yaml:3:4: spec: worse"
    server.answers[f"POST {OWN}/decode"] = failure(400, "BadRequest", message, causes=causes)
    done = run("delete", "-f", str(tmp_path / "pod.yaml"))
    assert done == (1, "", f"{message}\nError: nothing was deleted\n")


def test_delete_goes_on_after_a_pod_that_is_not_there(server: FakeServer, run: Run) -> None:
    gone(server, "b")
    done = run("delete", "pod", "a", "b")
    assert done.code == 1
    assert done.out == 'pod "b" deleted\n'
    assert done.err == 'Error from server (NotFound): pods "a" not found\n'
    assert run("delete", "pod", "a", "b", "--ignore-not-found").code == 0


def test_logs(server: FakeServer, run: Run) -> None:
    server.answers = {
        f"GET {PODS}/web": Answer(pod()),
        f"GET {PODS}/web/log?container=a&tailLines=2&sinceSeconds=300&timestamps=true": Answer(
            chunks=[b"one\n", b"\xfftwo\n"]
        ),
        f"GET {PODS}/web/log?container=b": Answer(chunks=[b"b\n"]),
        f"GET {PODS}/web/log?container=a": Answer(chunks=[b"a\n"]),
    }
    done = run("logs", "web", "-c", "b")
    assert done == (0, "b\n", "")
    assert run("logs", "web", "b") == done  # as kubectl has it too
    assert run("logs", "web", "b", "-c", "b").code == 2
    done = run("logs", "pod/web", "--all-containers", "--prefix")
    assert done.out == "[pod/web/a] a\n[pod/web/b] b\n"
    done = run("logs", "web")
    assert done == (0, "a\n", 'Defaulted container "a" out of: a, b\n')
    assert run("logs", "web", "--since=0s") == done  # kubectl's way to say: all
    assert run("logs", "web", "--tail", "2", "--since", "5m", "--timestamps").code == 0
    done = run("logs", "web", "-c", "x")
    assert done.code == 1
    assert done.err == 'Error: container "x" not found in pod "web"\nHint: its containers: a, b\n'


def test_logs_of_no_pod_says_so(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}?labelSelector=a%3Db"] = Answer({"items": []})
    assert run("logs", "-l", "a=b") == (0, "", "No resources found in default namespace.\n")


PORT = {
    "namespace": "default", "pod": "web", "container": "a", "protocol": "TCP",
    "address": "0.0.0.0", "port": 80, "pid": 7, "command": "s\n-x", "declared": True,
    "marks": ["Declared"], "note": None,
}  # fmt: skip
LOCAL = PORT | {"address": "::1", "marks": ["Declared", "LoopbackOnly"], "note": "Not reached."}
SILENT = PORT | {
    "port": 81, "address": None, "pid": None, "command": None,
    "marks": ["Silent", "TimeWait"], "note": "Wait.",
}  # fmt: skip


def test_ports(server: FakeServer, run: Run) -> None:
    rows = [PORT, LOCAL, SILENT]
    server.answers = {
        f"GET {OWN}/ports?namespace=default": Answer({"items": rows}),
        f"GET {OWN}/ports?namespace=lab": Answer({"items": [PORT]}),
        f"GET {OWN}/ports": [Answer({"items": []}), Answer({"items": rows})],
    }
    assert run("ports").out == (
        "POD   CONTAINER   PROTOCOL   ADDRESS   PORT   STATE                     PID      COMMAND\n"
        "web   a           TCP        0.0.0.0   80     declared                  7        s\\n-x\n"
        "web   a           TCP        ::1       80     declared, loopback only   7        s\\n-x\n"
        "web   a           TCP        <none>    81     silent, TIME_WAIT         <none>   <none>\n"
        "\n"
        "web/a [::1]:80/tcp: Not reached.\n"
        "web/a 81/tcp: Wait.\n"
    )
    assert len(run("ports", "-n", "lab").out.splitlines()) == 2
    assert json.loads(run("ports", "-o", "json").out) == rows
    assert run("ports", "-A").err == "No ports: nothing listens and nothing is declared.\n"
    assert "default/web/a 81/tcp: Wait.\n" in run("ports", "-A").out
    assert run("ports", "x").err == 'Error from server (NotFound): pods "x" not found\n'


def test_ports_watched_are_told_when_they_change(
    server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipod.cli.commands.ports._PAUSE", 0)
    moved = SILENT | {"marks": ["Silent"]}
    looks = [[PORT], [PORT], [PORT, SILENT], [moved], [moved]]
    server.answers[f"GET {OWN}/ports?namespace=default&pod=web"] = [
        *(Answer({"items": rows}) for rows in looks),
        failure(404, "NotFound", 'pods "web" not found'),
    ]
    done = run("ports", "web", "--watch")
    assert done.out == (
        "POD   CONTAINER   PROTOCOL   ADDRESS   PORT   STATE      PID   COMMAND\n"
        "web   a           TCP        0.0.0.0   80     declared   7     s\\n-x\n"
        "web   a           TCP        <none>    81     silent, TIME_WAIT   <none>   <none>\n"
        "web   a           TCP        0.0.0.0   80     closed              7        s\\n-x\n"
        "web   a           TCP        <none>    81     silent              <none>   <none>\n"
        "web   a           TCP        <none>    81     closed              <none>   <none>\n"
    )
    assert (done.code, done.err) == (1, 'Error from server (NotFound): pods "web" not found\n')


def test_ports_watched_as_json_are_an_object_a_line(
    server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipod.cli.commands.ports._PAUSE", 0)
    server.answers[f"GET {OWN}/ports?namespace=default&pod=web"] = [
        Answer({"items": []}),
        Answer({"items": [PORT, PORT]}),
        Answer({"items": [PORT]}),
        failure(404, "NotFound", 'pods "web" not found'),
    ]
    closed = PORT | {"marks": ["Closed"]}
    shown = [json.loads(line) for line in run("ports", "web", "-w", "-o", "json").out.splitlines()]
    assert shown == [PORT, PORT, closed, closed]


def test_images(server: FakeServer, run: Run) -> None:
    server.answers = {
        f"PUT {OWN}/images": Answer({}),
        f"GET {OWN}/images": Answer({"images": {"nginx:*": ["sh", "-c", "a b"]}}),
        f"DELETE {OWN}/images?pattern=nginx%3A%2A": Answer({}),
    }
    assert run("image", "map", "nginx:*", "--", "sh", "-c", "a b").out == "image nginx:* mapped\n"
    assert server.asked[0].body == {"pattern": "nginx:*", "command": ["sh", "-c", "a b"]}
    assert run("image", "list").out == "IMAGE     COMMAND\nnginx:*   sh -c 'a b'\n"
    assert json.loads(run("image", "list", "-o", "json").out) == {"nginx:*": ["sh", "-c", "a b"]}
    assert run("image", "unmap", "nginx:*").out == "image nginx:* unmapped\n"


FACTS = {"pid": 7, "socket": "/r/server.sock", "root": "/r", "version": "1", "more": "not shown"}


def test_server_status(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {OWN}/server"] = Answer(FACTS)
    shown = json.loads(run("server", "status", "-o", "json").out)
    facts = {name: FACTS[name] for name in ("pid", "socket", "root", "version")}
    assert shown == facts | {"service": None}
    assert run("server", "status").out.splitlines()[0] == "pid:     7"
    assert run("server", "start").out == "server is already running: pid 7\n"


def test_without_a_server(run: Run, tmp_path: Path) -> None:
    done = run("server", "status")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"Error: the server of {tmp_path} is not running\n"
        "Hint: minipod server start, or any other command, starts it\n"
    )
    assert run("server", "stop") == (0, "server is not running\n", "")
    assert run("purge") == (0, f"nothing to purge: {tmp_path} was never used\n", "")
    assert run("version").out == f"Client Version: {__version__}\nServer Version: not running\n"


def test_a_second_server_is_not_run(server: FakeServer, run: Run) -> None:
    done = run("server", "run")
    assert done == (1, "", f"Error: the server of {server.root} runs already\n")


def test_server_stop_waits_until_the_lock_is_free(
    server: FakeServer, run: Run, tmp_path: Path
) -> None:
    lock = os.open(tmp_path / "server.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    server.answers[f"POST {OWN}/server/stop"] = Answer({})
    released = threading.Timer(0.2, os.close, [lock])
    pending = [released]
    server.on_request = lambda: pending.pop().start() if pending else None
    begun = time.monotonic()
    assert run("server", "stop").out == "server stopped\n"
    assert time.monotonic() - begun >= 0.2


def test_a_cluster_cidr_that_comes_too_late_is_told(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {OWN}/images"] = Answer({"images": {}})
    server.answers[f"PUT {OWN}/network"] = Answer({"clusterCIDR": "10.9.0.0/16"})
    done = run("--cluster-cidr", "10.8.0.0/16", "image", "list")
    told = "--cluster-cidr 10.8.0.0/16 is not used: pods get addresses of 10.9.0.0/16 already"
    assert (done.code, done.err.splitlines()[0]) == (0, f"Warning: {told}")
    assert "Warning" not in run("--cluster-cidr", "10.9.0.0/16", "image", "list").err


def test_a_long_command_leaves_the_ports_a_table(server: FakeServer, run: Run) -> None:
    row = dict.fromkeys(("namespace", "pod", "container", "address", "pid", "declared"))
    row |= {"protocol": "TCP", "port": 80, "command": "x" * 1000, "marks": ["Declared"]}
    row |= {"note": None}
    server.answers[f"GET {OWN}/ports?namespace=default"] = Answer({"items": [row]})
    table = run("ports").out
    assert max(map(len, table.splitlines())) < 140
    assert table.rstrip().endswith("x…")
    assert json.loads(run("ports", "-o", "json").out)[0]["command"] == "x" * 1000


@pytest.mark.parametrize(
    ("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 1), ("\n", 1), ("", 1)]
)
def test_purge_asks_first(
    server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    (server.root / "server.lock").touch()
    server.answers = {
        "GET /api/v1/pods": Answer({"items": [pod()]}),
        f"POST {OWN}/purge": Answer({}),
    }
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    done = run("purge")
    assert done.code == code
    assert f"Remove 1 pod and everything else of {server.root}? [y/N] " in done.err
    assert any(one.target.endswith("/purge") for one in server.asked) == (code == 0)


def test_version(server: FakeServer, run: Run) -> None:
    server.answers = {
        f"GET {OWN}/server": Answer(FACTS),
        "GET /version": Answer({"gitVersion": "v1.33.0"}),
    }
    assert run("version").out.splitlines()[1:] == ["Server Version: 1", "Kubernetes API: v1.33.0"]
    assert json.loads(run("version", "-o", "json").out)["serverVersion"] == {"version": "1"}
    assert run("--version").out == f"minipod {__version__}\n"


def test_the_root_may_be_told_anywhere(server: FakeServer, run: Run, tmp_path: Path) -> None:
    server.answers[f"GET {PODS}"] = table("web")
    for argv in (
        ("--root", str(tmp_path), "get", "pods"),
        ("get", "pods", "--root", str(tmp_path)),
        ("--root", "/elsewhere", "get", "--root", str(tmp_path), "pods"),
    ):
        assert run(*argv).out.startswith("NAME")
    assert "/elsewhere" in run("--root", "/elsewhere", "server", "status").err


def test_exec_without_a_sandbox_says_what_the_pod_waits_for(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}/web"] = Answer(pod(waiting="ImageNotMapped"))
    done = run("exec", "web", "--", "true")
    assert done.code == 1
    assert done.err == (
        'Defaulted container "a" out of: a, b\n'
        'Error: container "a" of pod "web" is not running:'
        " ImageNotMapped: map it or give a command\n"
    )


def test_exec_in_a_crash_loop_says_how_the_last_run_ended(server: FakeServer, run: Run) -> None:
    obj = pod(waiting="CrashLoopBackOff")
    obj["status"]["containerStatuses"][0]["lastState"] = {
        "terminated": {"reason": "Error", "exitCode": 3}
    }
    server.answers[f"GET {PODS}/web"] = Answer(obj)
    assert run("exec", "web", "-c", "a", "--", "true").err == (
        'Error: container "a" of pod "web" is not running: CrashLoopBackOff: map it or give a'
        " command; its last run: Error: exit code 3\n"
    )


def test_port_forward_without_a_sandbox(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    assert "pod is not running" in run("port-forward", "web", "80").err
