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


def log_of(server: FakeServer, container: str, *chunks: bytes, follow: bool = False) -> Origin:
    target = f"GET /api/v1/namespaces/default/pods/web/log?container={container}"
    server.answers[target + ("&follow=true" if follow else "")] = Answer(chunks=chunks)
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
    origins = [log_of(server, name, name.encode() * 3, follow=True) for name in "abc"]
    lines = logs.read(api, origins, FOLLOW, lines=False)
    assert sorted(line.data for line in lines) == [b"aaa\n", b"bbb\n", b"ccc\n"]


def test_a_log_that_cannot_be_followed_ends_all(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", b"x\n", follow=True), Origin("default", "web", "b")]
    query = "/api/v1/namespaces/default/pods/web/log?container=b&follow=true"
    server.answers[f"GET {query}"] = failure(400, "BadRequest", "waiting to start")
    with pytest.raises(BadRequest, match="waiting to start"):
        list(logs.read(api, origins, FOLLOW, lines=False))


def test_whoever_leaves_the_loop_leaves_no_thread(server: FakeServer, api: Api) -> None:
    """One log is read, and would go on; the other has not even answered."""
    before = threading.active_count()
    origins = [log_of(server, name, follow=True) for name in "ab"]
    held = Answer(raw=b"HTTP/1.1 200 OK\r\n\r\none\n", hold=True)
    server.answers = dict.fromkeys(server.answers, held)
    lines = logs.read(api, origins, FOLLOW, lines=True)
    assert next(lines).data == b"one\n"
    lines.close()  # type: ignore[attr-defined]  # a generator, as every loop over it knows
    eventually(lambda: threading.active_count() == before)
