"""Whatever a command writes to: a reader that has gone, or a full disk, is met quietly."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from minipod.cli import main
from minipod.cli.group import COMMANDS
from tests.support.fake_server import Answer, FakeServer
from tests.unit.test_docs import COMMANDS as PATHS

if TYPE_CHECKING:
    from pathlib import Path

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default", "uid": "u", "resourceVersion": "1"},
    "spec": {"containers": [{"name": "app"}]},
    "status": {"phase": "Running"},
}
EVENT = {**POD, "involvedObject": {"kind": "Pod", "name": "web"}}
ANYTHING = {
    **POD,
    "items": [POD],
    "columnDefinitions": [{"name": "Name", "priority": 0}],
    "rows": [{"cells": ["web"], "object": POD}],
    "images": {"nginx": ["true"]},
    "type": "CREATED",
    "object": POD,
    "pid": 1,
    "socket": "s",
    "root": "r",
    "version": "1",
    "gitVersion": "v1",
}
"""A list, a table, an object and a line of a stream at once."""

WRITERS = {
    "completion": "completion bash",
    "create": "create -f MANIFEST",
    "delete": "delete pod web --wait=false",
    "describe": "describe pod web",
    "events": "events",
    "get": "get pods",
    "image": "image list",
    "logs": "logs web",
    "run": "run web -- true",
    "server": "server status",
    "version": "version",
}
"""A command line of each command that writes what the server answers; of others, their help."""


class Knowing(dict[str, Any]):
    """Has an answer to everything."""

    def get(self, _request: str, _default: object = None) -> Answer:
        return Answer(ANYTHING)


def outcome(root: Path, argv: list[str], out: int, err: int | None = None) -> tuple[int, str]:
    """Run a command in a process of its own, with these for stdout (and stderr)."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 99
        try:
            os.dup2(out, 1)
            os.dup2(writer if err is None else err, 2)
            os.geteuid = lambda: 0
            os.environ["MINIPOD_ROOT"] = str(root)
            main.sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
            main.sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
            main.sys.argv = ["minipod", *argv]
            main.main()
        finally:
            os._exit(code)
    os.close(writer)
    with open(reader, encoding="utf-8") as told:
        said = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


@pytest.fixture
def lines(server: FakeServer, tmp_path: Path) -> list[list[str]]:
    """A command line for each command, and the help of each, and of those below."""
    server.answers = Knowing()
    manifest = tmp_path / "pod.yaml"
    manifest.write_text("kind: Pod")
    written = [WRITERS.get(name, f"{name} --help") for name in COMMANDS]
    helps = [f"{path} --help".split()[1:] for path in PATHS]
    commands = [one.replace("MANIFEST", str(manifest)).split() for one in written]
    return [["--version"], *commands, *helps]


def test_a_reader_that_has_gone_ends_every_command_without_a_word(
    server: FakeServer, lines: list[list[str]]
) -> None:
    reader, broken = os.pipe()
    os.close(reader)
    try:
        for argv in lines:
            assert (argv, outcome(server.root, argv, broken)) == (argv, (1, ""))
    finally:
        os.close(broken)


def test_a_full_disk_is_one_line_of_every_command(
    server: FakeServer, lines: list[list[str]]
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        for argv in lines:
            code, said = outcome(server.root, argv, full)
            assert (argv, code, len(said.splitlines())) == (argv, 1, 1), said
            assert said.startswith("Error: cannot write "), (argv, said)
            assert said.endswith(": no space left on device\n"), (argv, said)
    finally:
        os.close(full)


@pytest.mark.parametrize("argv", ["get nonsense", "nonsense", "logs web -c x", "-v image list"])
def test_nobody_to_tell_of_an_error_is_no_error(server: FakeServer, argv: str) -> None:
    server.answers = Knowing()
    reader, broken = os.pipe()
    os.close(reader)
    began = time.monotonic()
    try:
        code, said = outcome(server.root, argv.split(), broken, broken)
    finally:
        os.close(broken)
    assert (code in (1, 2), said) == (True, "")
    assert time.monotonic() - began < 5


class Quiet(Knowing):
    """Knows everything, but of what comes it tells nothing: it holds the line."""

    def get(self, request: str, default: object = None) -> Answer:
        follows = "watch=true" in request or "follow=true" in request
        return Answer(chunks=(), raw=HEAD, hold=True) if follows else super().get(request, default)


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("argv", ["get pods -w", "events -w", "logs -f web"])
def test_a_command_that_follows_ends_with_its_reader(server: FakeServer, argv: str) -> None:
    """It has nothing to write: only the kernel can tell."""
    server.answers = Quiet()
    reader, writer = os.pipe()
    follows = ("watch=true", "follow=true")

    def hang_up() -> None:
        if any(word in server.asked[-1].target for word in follows):
            os.close(reader)

    server.on_request = hang_up
    child = os.fork()
    if not child:
        os.close(reader)
        os._exit(outcome(server.root, argv.split(), writer)[0])
    os.close(writer)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
