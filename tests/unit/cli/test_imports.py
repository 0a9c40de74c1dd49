"""Start-up is most of a short command's time: what it may import is a list."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.fake_sandbox import FakeSandbox, Said
from tests.support.fake_server import Answer, FakeServer

if TYPE_CHECKING:
    from pathlib import Path

HELP = {
    "minipod",
    "minipod.cli",
    "minipod.cli.group",
    "minipod.cli.main",
    "minipod.cli.options",
    "minipod.cli.session",
    "minipod.cli.spelling",
    "minipod.errors",
}
GET = HELP | {
    "minipod.cli.arguments",
    "minipod.cli.commands",
    "minipod.cli.printing",
    "minipod.client.text",
    "minipod.client.wire",
    "minipod.cli.commands.get",
    "minipod.cli.printing.form",
    "minipod.cli.printing.output",
    "minipod.cli.printing.printers",
    "minipod.cli.printing.view",
    "minipod.cli.arguments.resources",
    "minipod.client",
    "minipod.client.api",
    "minipod.client.wire.http",
    "minipod.client.kinds",
    "minipod.client.own",
    "minipod.client.wire.transport",
    "minipod.client.wire.unix",
    "minipod.client.text.words",
}
EVENTS = {
    "minipod.cli.commands.events",
    "minipod.client.describe",
    "minipod.client.describe.clock",
    "minipod.client.describe.events",
    "minipod.model",
    "minipod.model.times",
}
DESCRIBE = (EVENTS - {"minipod.cli.commands.events"}) | {
    "minipod.cli.commands.describe",
    "minipod.client.describe.common",
    "minipod.client.describe.containers",
    "minipod.client.describe.pod",
    "minipod.client.describe.tabs",
    "minipod.client.describe.volumes",
    "minipod.plan",
    "minipod.plan.qos",
}
EXPLAIN = {
    "minipod.cli.commands.explain",
    "minipod.client.text.nearest",
    "minipod.client.views",
    "minipod.client.views.explanation",
    "minipod.schema",
    "minipod.schema.documentation",
    "minipod.schema.policy",
    "minipod.schema.structure",
}
CLIENT = (GET - {"minipod.cli.commands.get", "minipod.cli.printing.printers"}) | {
    "minipod.cli.arguments.containers",
    "minipod.client.client",
    "minipod.client.pod",
    "minipod.client.views",
    "minipod.client.views.podview",
}
EXEC = CLIENT | {
    "minipod.cli.commands.exec_",
    "minipod.client.streams",
    "minipod.client.streams.command",
    "minipod.client.streams.exec",
    "minipod.client.streams.sandbox",
    "minipod.sandbox",
    "minipod.sandbox.messages",
    "minipod.sandbox.protocol",
}
LOGS = CLIENT | {
    "minipod.cli.commands.logs",
    "minipod.client.views.log_query",
    "minipod.client.views.logs",
}
LIBRARY = {
    "_json",
    "_socket",
    "array",
    "json",
    "json.decoder",
    "json.encoder",
    "json.scanner",
    "math",
    "select",
    "selectors",
    "socket",
}
"""What a client needs of the standard library, beside what click loads to parse and to help."""

PROGRAM = """
import contextlib, gc, io, os, sys
import click
command = click.Group("x", {"y": click.Command("y", params=[click.Option(["--o"])])})
for args in (["--help"], ["y", "--o", "z"]):
    with contextlib.redirect_stdout(io.StringIO()):
        command.main(args, standalone_mode=False)
before = set(sys.modules)
os.geteuid = lambda: 0
from minipod.cli.main import run
code = run(sys.argv[1:])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""


def imported(root: Path, *argv: str) -> set[str]:
    """Return the modules that a command imports and click does not."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--root", str(root), *argv],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_help_imports_only_this(tmp_path: Path) -> None:
    assert imported(tmp_path, "--help") <= HELP


@pytest.mark.parametrize(
    "output", [(), ("-o", "wide"), ("-oname",), ("-o=json",), ("-n", "default")]
)
def test_get_pods_imports_only_this(server: FakeServer, output: tuple[str, ...]) -> None:
    listed = Answer({"columnDefinitions": [], "rows": [], "items": []})
    server.answers["GET /api/v1/namespaces/default/pods"] = listed
    json = {"minipod.client.text.gojson"} if "-o=json" in output else set()
    assert imported(server.root, "get", "pods", *output) <= GET | LIBRARY | json


def test_explain_imports_only_this(tmp_path: Path) -> None:
    """Not what reads manifests, though it knows their fields."""
    others = {"minipod.cli.commands.get", "minipod.cli.printing.printers"}
    assert imported(tmp_path, "explain", "pod.spec") <= (GET - others) | EXPLAIN | LIBRARY


def of_one_container(server: FakeServer) -> None:
    spec = {"containers": [{"name": "main"}]}
    pod = {"metadata": {"name": "web", "namespace": "default", "uid": "u"}, "spec": spec}
    server.answers["GET /api/v1/namespaces/default/pods/web"] = Answer(pod)


def test_exec_imports_only_this(server: FakeServer) -> None:
    def ends(said: Said) -> list[Said]:
        return [Said({"exit": {"code": 0, "signal": 0}}, [])]

    of_one_container(server)
    with FakeSandbox(server.root, "u", ends):
        assert imported(server.root, "exec", "web", "--", "true") <= EXEC | LIBRARY | {
            "_struct",
            "struct",
        }


def test_logs_imports_only_this(server: FakeServer) -> None:
    of_one_container(server)
    log = "GET /api/v1/namespaces/default/pods/web/log?container=main"
    server.answers[log] = Answer(chunks=[b"hello\n"])
    assert imported(server.root, "logs", "web") <= LOGS | LIBRARY


def test_events_imports_only_this(server: FakeServer) -> None:
    server.answers["GET /api/v1/namespaces/default/events"] = Answer(
        {"items": [{"metadata": {"namespace": "default"}}], "metadata": {"resourceVersion": "1"}}
    )
    others = {"minipod.cli.commands.get"}
    assert imported(server.root, "events") <= (GET | LIBRARY | EVENTS) - others


def test_describe_imports_only_this(server: FakeServer) -> None:
    pod = {"metadata": {"name": "web", "namespace": "default", "uid": "u"}}
    server.answers["GET /api/v1/namespaces/default/pods"] = Answer(
        {"items": [pod | {"spec": {"containers": []}}]}
    )
    about = "name%3Dweb%2CinvolvedObject.namespace%3Ddefault%2CinvolvedObject.uid%3Du"
    server.answers[
        f"GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.{about}"
    ] = Answer({"items": []})
    assert imported(server.root, "describe", "pods") <= GET | LIBRARY | DESCRIBE
