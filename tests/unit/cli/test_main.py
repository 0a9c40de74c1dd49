"""How every command ends, whatever happens."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from minipod.client import Api
from tests.support.fake_server import Answer, FakeServer

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

PROGRAM = "import os, sys; os.geteuid = lambda: 0; from minipod.cli.main import main; main()"
LOG = "GET /api/v1/namespaces/default/pods/web/log?container=a"
POD = {
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"containers": [{"name": "a"}]},
}


def start(root: Path, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--root", str(root), *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_not_root_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    for argv in (
        "get pods", "create -f -", "server start", "server run", "purge", "ports", "logs x",
        "exec x -- true", "delete pod x", "port-forward x 80", "image list", "run x -- true",
    ):  # fmt: skip
        done = run(*argv.split())
        assert (done.code, done.out) == (1, "")
        assert len(done.err.splitlines()) == 1
        assert "needs root" in done.err
        assert "sudo" in done.err
    assert run("--help").code == 0
    assert run("version", "--client").code == 0


def test_not_linux_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert run("--help") == (1, "", "Error: minipod runs on Linux only, and this is darwin\n")


def test_a_bug_is_one_line_and_a_traceback_only_if_asked(
    server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("some detail")

    monkeypatch.setattr(Api, "list_of", broken)
    done = run("get", "pods")
    assert done.code == 1
    assert done.err.splitlines()[0] == "Error: internal: ZeroDivisionError: some detail"
    assert "Traceback" not in done.err
    assert "Traceback" in run("--debug", "get", "pods").err
    monkeypatch.setenv("MINIPOD_DEBUG", "1")
    assert "Traceback" in run("get", "pods").err


def test_ctrl_c_ends_a_command_by_that_signal_without_a_word(server: FakeServer) -> None:
    """The server sends a piece of a log, and no more: the command waits, and is interrupted.

    A shell shows 130, and, for it was the signal, does not go on with its loop.
    """
    server.answers["GET /api/v1/namespaces/default/pods/web"] = Answer(POD)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    line = b"2026-01-02T03:04:05.000000001Z begun\n"
    server.answers[f"{LOG}&follow=true&timestamps=true"] = Answer(
        raw=head + b"%x\r\n%s\r\n" % (len(line), line), hold=True
    )
    with start(server.root, "logs", "-f", "web") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=10)
        assert (running.returncode, err.strip()) == (-signal.SIGINT, "")


def test_a_full_disk_is_one_line(server: FakeServer) -> None:
    with open("/dev/full", "w") as full:
        argv = [sys.executable, "-c", PROGRAM, "version", "--client"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write to stdout: no space left on device\n"


def test_a_log_on_a_full_disk_is_one_line(server: FakeServer) -> None:
    server.answers["GET /api/v1/namespaces/default/pods/web"] = Answer(POD)
    server.answers[LOG] = Answer(chunks=[b"line\n"])
    with open("/dev/full", "w") as full:
        argv = [sys.executable, "-c", PROGRAM, "--root", str(server.root), "logs", "web"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write the log: no space left on device\n"


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_is_like_dev_null(server: FakeServer, closed: int) -> None:
    """A socket to the server must not take the number, and be written to."""
    server.answers["GET /api/v1/namespaces/default/pods"] = Answer({"rows": [], "items": []})
    command = shlex.join([sys.executable, "-c", PROGRAM, "--root", str(server.root), "get", "pods"])
    done = subprocess.run(
        ["bash", "-c", f"exec {command} -o name {closed}>&-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_reader_that_goes_ends_it_without_a_word(server: FakeServer) -> None:
    server.answers["GET /api/v1/namespaces/default/pods/web"] = Answer(POD)
    server.answers[LOG] = Answer(chunks=[b"x" * 65535 + b"\n"] * 100)
    with start(server.root, "logs", "web") as running:
        assert running.stdout is not None
        os.read(running.stdout.fileno(), 10)
        running.stdout.close()
        assert running.wait(timeout=10) == 1
        assert running.stderr is not None
        assert running.stderr.read() == ""
