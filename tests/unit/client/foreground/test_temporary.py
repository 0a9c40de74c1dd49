"""A pod that goes when we do: signals at any moment, and a server that ends while it answers."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client import Api, Transport
from minipod.client.foreground.temporary import Temporary, temporarily
from minipod.client.streams.ending import EndedBySignal, ended_by_signals
from minipod.errors import AlreadyExists, Unavailable
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    JSON = dict[str, Any]

PODS = "/api/v1/namespaces/default/pods"
WATCH = f"GET {PODS}?watch=true&resourceVersion=7"
WANTED = {"metadata": {"name": "web"}, "spec": {"containers": [{"command": ["true"]}]}}
HUNG_UP = Answer(raw=b"")


def pod(created: str = "2999-01-01T00:00:00Z", command: str = "true") -> JSON:
    named = {"name": "web", "namespace": "default", "uid": "u", "resourceVersion": "7"}
    spec = {"containers": [{"name": "web", "command": [command]}]}
    return {"kind": "Pod", "metadata": {**named, "creationTimestamp": created}, "spec": spec}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    fake = FakeServer(tmp_path)
    gone = b'{"type": "DELETED", "object": {"metadata": {"uid": "u"}}}\n'
    fake.answers = {
        f"POST {PODS}": Answer(pod()),
        f"DELETE {PODS}/web": Answer(pod()),
        WATCH: Answer(chunks=[gone]),
    }
    yield fake
    fake.close()


class Teller:
    def __init__(self) -> None:
        self.told: list[str] = []

    def deleted(self, obj: JSON) -> None:
        self.told.append(f"{obj['metadata']['name']} deleted")
        raise BrokenPipeError  # nobody reads: the pod is waited for all the same

    @contextmanager
    def until_gone(self, _pods: list[JSON]) -> Iterator[set[str]]:
        yield set()

    def stays(self, obj: JSON) -> None:
        self.told.append(f"{obj['metadata']['name']} stays")


def run(server: FakeServer, *signals: int, code: int = 0) -> tuple[int, list[str]]:
    """Stay with a pod until these signals come; return the exit code and what was told."""
    api, teller = Api(Transport(str(server.root), warn=print)), Teller()

    def stay(_pod: JSON) -> int:
        for number in signals:
            os.kill(os.getpid(), number)
        return code

    try:
        return temporarily(api, Temporary("default", WANTED), stay, teller), teller.told
    except EndedBySignal as end:
        return int(str(end.code)), teller.told


def graces(server: FakeServer) -> list[int | None]:
    return [one.body.get("gracePeriodSeconds") for one in server.asked if one.method == "DELETE"]


def test_it_is_removed_at_the_end_and_only_that_one(server: FakeServer) -> None:
    assert run(server, code=3) == (3, ["web deleted"])
    assert server.asked[1].body["preconditions"] == {"uid": "u"}
    server.answers[f"DELETE {PODS}/web"] = failure(404, "NotFound", "somebody was quicker")
    assert run(server) == (0, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_us_when_it_is_removed(server: FakeServer, number: int) -> None:
    assert run(server, number) == (128 + number, ["web deleted"])
    assert graces(server) == [None]
    assert server.asked[-1].target == WATCH.removeprefix("GET ")


def test_a_signal_that_comes_while_it_is_created_waits_for_the_answer(server: FakeServer) -> None:
    def interrupt() -> None:
        if server.asked[-1].method == "POST":
            os.kill(os.getpid(), signal.SIGTERM)

    server.on_request = interrupt
    assert run(server, code=3) == (143, ["web deleted"])


def test_one_more_kills_and_a_third_leaves_it(server: FakeServer) -> None:
    def interrupt() -> None:
        if server.asked[-1].method == "GET" and len(server.asked) < last:
            os.kill(os.getpid(), next(numbers))

    server.on_request = interrupt
    server.answers[WATCH] = [Answer(chunks=(), raw=HEAD, hold=True), server.answers[WATCH]]
    last, numbers = 4, iter([signal.SIGINT])
    assert run(server, signal.SIGTERM) == (130, ["web deleted"])
    assert graces(server) == [None, 0]
    server.asked.clear()
    server.answers[WATCH] = Answer(raw=HEAD, hold=True)
    last, numbers = 9, iter([signal.SIGINT, signal.SIGHUP])
    assert run(server, signal.SIGTERM) == (129, ["web deleted", "web stays"])


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_server_that_ends_while_it_answers_is_asked_again(server: FakeServer) -> None:
    for request in (f"POST {PODS}", f"DELETE {PODS}/web", WATCH):
        answer = server.answers[request]
        assert isinstance(answer, Answer)
        server.answers[request] = [HUNG_UP, answer]
    server.answers[f"GET {PODS}"] = [HUNG_UP, Answer({"items": [], "metadata": PAST})]
    assert run(server, code=3) == (3, ["web deleted"])


PAST = {"resourceVersion": "8"}


def test_what_it_had_made_by_then_is_taken_as_ours_and_nothing_else(server: FakeServer) -> None:
    taken = failure(409, "AlreadyExists", "it is there")
    for there, ours in (
        (pod(), True),
        (pod(created="2020-01-01T00:00:00Z"), False),
        (pod(command="false"), False),
    ):
        server.answers[f"POST {PODS}"] = [HUNG_UP, taken]
        server.answers[f"GET {PODS}/web"] = Answer(there)
        if ours:
            assert run(server, code=3) == (3, ["web deleted"])
        else:
            server.asked.clear()
            with pytest.raises(AlreadyExists):
                run(server)
            assert graces(server) == []


def test_a_server_that_does_not_come_back_is_an_error(server: FakeServer) -> None:
    server.answers[f"POST {PODS}"] = HUNG_UP
    with pytest.raises(Unavailable):
        run(server)


def test_what_is_ignored_stays_so_and_handlers_are_given_back() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    theirs = signal.getsignal(signal.SIGTERM)
    try:
        with ended_by_signals() as ending:
            os.kill(os.getpid(), signal.SIGHUP)
            assert ending.during(lambda: 5) == 5
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(EndedBySignal):
                ending.during(lambda: pytest.fail("what a signal ended is not begun"))
            with pytest.raises(EndedBySignal):
                ending.during(lambda: os.kill(os.getpid(), signal.SIGINT))
        assert signal.getsignal(signal.SIGTERM) is theirs
    finally:
        signal.signal(signal.SIGHUP, before)
