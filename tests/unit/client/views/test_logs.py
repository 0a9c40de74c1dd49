"""Logs of several containers: one after another, or side by side."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from minipod.client.views import logs
from minipod.client.views.log_query import LogQuery
from minipod.client.views.logs import Origin
from minipod.errors import BadRequest
from tests.support.fake_server import Answer, FakeServer, failure
from tests.support.wait import eventually

if TYPE_CHECKING:
    from minipod.client import Api

FOLLOW = LogQuery("", follow=True)
POD = "GET /api/v1/namespaces/default/pods/web"
ATTEMPT = f"{POD}/log?container=main&follow=true&timestamps=true&attempt=4"
STAMP = b"2026-01-02T03:04:05.00000000%dZ "


def written(*numbers: int) -> bytes:
    return b"".join(STAMP % number + b"%d\n" % number for number in numbers)


def chunk(data: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(data), data)


def state_of(uid: str, restarts: int, **state: object) -> Answer:
    status = {"name": "main", "restartCount": restarts, "state": state}
    return Answer({"metadata": {"uid": uid}, "status": {"containerStatuses": [status]}})


RUNS, OVER = state_of("u", 4, running={}), state_of("u", 4, terminated={"exitCode": 0})
AGAIN = f"{ATTEMPT}&sinceTime=2026-01-02T03%3A04%3A05Z"


def followed(api: Api) -> bytes:
    origins = [Origin("default", "web", "main")]
    return b"".join(piece.data for piece in logs.read(api, origins, FOLLOW, lines=False))


def log_of(server: FakeServer, container: str, *chunks: bytes, follow: bool = False) -> Origin:
    target = f"{POD}/log?container={container}"
    server.answers[target + ("&follow=true&timestamps=true" if follow else "")] = Answer(
        chunks=chunks
    )
    return Origin("default", "web", container)


def test_logs_come_one_after_another(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", b"one\ntw", b"o\n"), log_of(server, "b", b"three")]
    pieces = list(logs.read(api, origins, LogQuery(""), lines=False))
    assert b"".join(piece.data for piece in pieces) == b"one\ntwo\nthree"
    assert pieces[-1] == ("default", "web", "b", b"three")


def test_lines_are_whole_and_end(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", b"one\ntw", b"o\n"), log_of(server, "b", b"\xff")]
    lines = logs.read(api, origins, LogQuery(""), lines=True)
    assert [(line.container, line.text) for line in lines] == [
        ("a", "one\n"),
        ("a", "two\n"),
        ("b", "\\xff\n"),
    ]


def test_several_are_followed_side_by_side_until_all_end(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, name, STAMP % 1 + name.encode() * 3, follow=True) for name in "abc"]
    lines = logs.read(api, origins, FOLLOW, lines=False)
    assert sorted(line.data for line in lines) == [b"aaa\n", b"bbb\n", b"ccc\n"]


def test_a_log_that_cannot_be_followed_ends_all(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", STAMP % 1 + b"x\n", follow=True), Origin("default", "web", "b")]
    query = "/api/v1/namespaces/default/pods/web/log?container=b&follow=true&timestamps=true"
    server.answers[f"GET {query}"] = failure(400, "BadRequest", "waiting to start")
    with pytest.raises(BadRequest, match="waiting to start"):
        list(logs.read(api, origins, FOLLOW, lines=False))


def test_whoever_leaves_the_loop_leaves_no_thread(server: FakeServer, api: Api) -> None:
    """One log is read, and would go on; the other has not even answered."""
    before = threading.active_count()
    origins = [log_of(server, name, follow=True) for name in "ab"]
    held = Answer(raw=chunk(STAMP % 1 + b"one\n"), hold=True)
    server.answers = dict.fromkeys(server.answers, held)
    lines = logs.read(api, origins, FOLLOW, lines=True)
    assert next(lines).data == b"one\n"
    lines.close()  # type: ignore[attr-defined]  # a generator, as every loop over it knows
    eventually(lambda: threading.active_count() == before)


def test_following_goes_on_where_a_server_was_killed_in_the_middle_of_a_line(
    server: FakeServer, api: Api
) -> None:
    server.answers[POD] = [RUNS, RUNS, RUNS, OVER]
    server.answers[ATTEMPT] = Answer(raw=chunk(written(1, 2) + STAMP % 3))
    server.answers[AGAIN] = [
        Answer(chunks=[written(1, 2, 3)]),  # a server that is stopped ends its answers
        Answer(chunks=[written(1, 2, 3, 4) + STAMP % 5 + b"no end"]),
    ]
    assert followed(api) == b"1\n2\n3\n4\nno end"


@pytest.mark.parametrize("now", [failure(404, "NotFound", "gone"), state_of("v", 0, running={})])
def test_following_ends_with_its_pod_though_another_has_its_name(
    server: FakeServer, api: Api, now: Answer
) -> None:
    server.answers[POD] = [RUNS, now]
    server.answers[ATTEMPT] = Answer(raw=chunk(written(1)))
    assert followed(api) == b"1\n"


def test_following_ends_with_the_run_that_it_began_with(server: FakeServer, api: Api) -> None:
    server.answers[POD] = [RUNS, state_of("u", 5, running={})]
    server.answers[ATTEMPT] = Answer(chunks=[written(1)])
    assert followed(api) == b"1\n"
