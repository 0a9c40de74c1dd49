"""-v tells of steps, -v=6 and --debug of requests: on stderr, and nothing else changes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from .conftest import Run

OWN = "/apis/minipod.dev/v1"
IMAGES = f"GET {OWN}/images"
STEP = {"time": 0.0, "namespace": "default", "pod": "web", "what": "link", "seconds": 0.0004}


def step(command: str, text: str = "", **others: Any) -> bytes:
    return json.dumps({**STEP, "command": command, "text": text, **others}).encode() + b"\n"


@pytest.fixture
def steps(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the server tells of steps."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "id")
    chunks: list[bytes] = []
    trace = f"{OWN}/trace?id={os.getpid()}-id"
    server.answers[f"GET {trace}"] = Answer(chunks=chunks)
    server.answers[f"DELETE {trace}"] = Answer({})
    server.answers[IMAGES] = Answer({"images": {}})
    return chunks


def shown(err: str) -> list[str]:
    """Return the lines that begin with a time, without it."""
    return [line.partition(" ms] ")[2] for line in err.splitlines() if line.startswith("[")]


@pytest.mark.parametrize(
    "argv",
    ["-v image list", "image list -v", "image list --v=1", "-v 2 image list", "image list -v5"],
)
def test_steps_are_shown_in_their_order(
    server: FakeServer, run: Run, steps: list[bytes], argv: str
) -> None:
    steps += [
        step("ip link add x"),
        step("ip link add y", "in place", namespace="lab"),
        step("", "two\nlines", pod=None, seconds=None, what="container"),
    ]
    done = run(*argv.split())
    assert (done.code, done.out) == (0, "")
    assert shown(done.err) == [
        "web link: ip link add x  # 0.4 ms",
        "lab/web link: ip link add y  # in place, 0.4 ms",
        "container: two\\nlines",
    ]
    assert done.err.endswith("No images are mapped.\n") or "No images" in done.err


def test_the_requests_say_whose_they_are(server: FakeServer, run: Run, steps: list[bytes]) -> None:
    run("-v", "image", "list")
    asked = {f"{one.method} {one.target}": one for one in server.asked}
    assert asked[IMAGES].headers["minipod-trace"] == f"{os.getpid()}-id"
    assert list(asked)[-1].startswith("DELETE ")


def test_without_v_nothing_listens(server: FakeServer, run: Run, steps: list[bytes]) -> None:
    for argv in (("image", "list"), ("-v", "0", "image", "list"), ("--debug", "image", "list")):
        server.asked.clear()
        run(*argv)
        assert [f"{one.method} {one.target}" for one in server.asked] == [IMAGES]


def test_a_bare_v_takes_only_a_number_for_its_level(
    server: FakeServer, run: Run, steps: list[bytes]
) -> None:
    server.answers["GET /api/v1/namespaces/default/pods/7"] = Answer(
        {"kind": "Pod", "metadata": {"name": "7", "namespace": "default"}}
    )
    assert run("get", "pod", "7", "-v", "-o", "name").out == "pod/7\n"
    assert run("get", "pod", "-v=1", "7", "-o", "name").out == "pod/7\n"


@pytest.mark.parametrize("argv", ["-v=loud image list", "--v=-1 image list"])
def test_a_level_is_a_number(run: Run, argv: str) -> None:
    assert run(*argv.split()).code == 2


def test_the_code_of_a_failure_is_as_without(
    server: FakeServer, run: Run, steps: list[bytes]
) -> None:
    server.answers[IMAGES] = failure(500, "InternalError", "no")
    steps.append(step("ip link add x"))
    done = run("-v", "image", "list")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1] == "Error: no"
    assert shown(done.err) == ["web link: ip link add x  # 0.4 ms"]


def test_a_server_that_does_not_run_is_not_started_for_it(run: Run) -> None:
    done = run("-v", "server", "status")
    assert (done.code, shown(done.err)) == (1, [])


def test_debug_shows_the_requests(server: FakeServer, run: Run, steps: list[bytes]) -> None:
    (line,) = shown(run("--debug", "image", "list").err)
    request, _, took = line.partition(" in ")
    assert request == f"GET http://minipod{OWN}/images 200 OK"
    assert took.endswith(" milliseconds")


def test_the_environment_can_ask_for_it(
    server: FakeServer, run: Run, steps: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIPOD_DEBUG", "1")
    assert "GET http://minipod" in run("image", "list").err


def test_level_7_shows_headers(server: FakeServer, run: Run, steps: list[bytes]) -> None:
    lines = shown(run("-v=7", "image", "list").err)
    assert lines[:3] == [
        f"GET http://minipod{OWN}/images",
        "Request Headers:",
        "    Accept: application/json",
    ]
    assert lines[-1].startswith("Response Status: 200 OK in ")


def test_level_8_shows_bodies_and_cuts_long_ones(
    server: FakeServer, run: Run, steps: list[bytes]
) -> None:
    server.answers[f"PUT {OWN}/images"] = Answer({"status": "x" * 1500})
    lines = shown(run("-v=8", "image", "map", "a", "--", "b").err)
    assert 'Request Body: {"pattern": "a", "command": ["b"]}' in lines
    assert lines[-1].startswith('Response Body: {"status": "xxx')
    assert lines[-1].endswith("x [truncated 490 chars]")
    assert "truncated" not in run("-v=10", "image", "map", "a", "--", "b").err
