"""`check`: which pods and ports it takes, what it prints, how it ends."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_sandbox import FakeSandbox, inside
from tests.support.fake_server import Answer, FakeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Run

PODS = "GET /api/v1/namespaces/default/pods"
PORTS = "GET /apis/minipod.dev/v1/ports?namespace=default"


def pod(name: str, phase: str = "Running") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "uid": name}
    return {"metadata": metadata, "status": {"phase": phase, "podIP": "127.0.0.1"}}


def row(name: str, port: int, address: str | None = "0.0.0.0") -> dict[str, Any]:
    who = {"namespace": "default", "pod": name, "declared": False}
    return who | {"protocol": "TCP", "port": port, "address": address}


@pytest.fixture
def listening() -> Iterator[int]:
    """Give a port on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def refusing() -> Iterator[int]:
    """Give a port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


@pytest.fixture
def two(server: FakeServer) -> Iterator[FakeServer]:
    """Give a server with two pods that run, and one that does not."""
    server.answers[PODS] = Answer({"items": [pod("a"), pod("b"), pod("c", "Pending")]})
    with FakeSandbox(server.root, "a", inside), FakeSandbox(server.root, "b", inside):
        yield server


def test_a_matrix_and_what_it_comes_to(two: FakeServer, run: Run, listening: int) -> None:
    two.answers[PORTS] = Answer({"items": [row("a", listening), row("b", 1, None)]})
    name = f"a:{listening}/tcp"
    assert run("check") == (
        0, f"FROM   {name}\na      reachable\nb      reachable\n\n2 tries: 2 reachable.\n", ""
    )  # fmt: skip


def test_what_is_not_reached_fails_the_command(two: FakeServer, run: Run, refusing: int) -> None:
    two.answers[PORTS] = Answer({"items": [row("a", refusing)]})
    done = run("check", "b")
    assert (done.code, done.err) == (1, "")
    assert "\nb      refused\n\n1 try: 1 refused.\na:" in done.out
    (shown,) = json.loads(run("check", "pod/b", "-o", "json").out)
    assert (shown["from"]["pod"], shown["to"]["pod"], shown["result"]) == ("b", "a", "refused")


def test_a_wide_matrix_becomes_a_list(two: FakeServer, run: Run, refusing: int) -> None:
    rows = [row("a", refusing)] + [row("b", port, "127.0.0.1") for port in range(1, 12)]
    two.answers[PORTS] = Answer({"items": rows})
    shown = run("check").out.splitlines()
    assert shown[0].split() == ["TO", "RESULT", "FROM"]
    assert shown[1].split(maxsplit=2) == [f"a:{refusing}/tcp", "refused", "all 2 pods"]
    assert len(shown) == 1 + 12 + 1 + 1 + 12


def test_without_ports_there_is_nothing_to_try(two: FakeServer, run: Run) -> None:
    two.answers[PORTS] = Answer({"items": [row("a", 1, None)]})
    assert run("check") == (0, "", "No ports: nothing listens.\n")
    assert run("check", "-o", "json") == (0, "[]\n", "")


def test_a_pod_that_cannot_be_checked_is_an_error(two: FakeServer, run: Run) -> None:
    assert run("check", "x").err == 'Error from server (NotFound): pods "x" not found\n'
    assert run("check", "c").err == (
        'Error: cannot check pod "c": it is not running. Current status=Pending\n'
    )
    assert run("check", "a", "-A").code == 2
    assert run("check", "--timeout", "0").code == 2
