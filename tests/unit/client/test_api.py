"""What the client asks, and what it makes of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from minipod.api.resources import RESOURCES
from minipod.client import Api, Transport
from minipod.client.api import DEFAULT_NAMESPACE
from minipod.client.kinds import EVENTS, KINDS, NODES, Where
from minipod.client.kinds import PODS as PODS_KIND
from minipod.client.manifests.sources import Source
from minipod.client.views.log_query import LogQuery
from minipod.client.waits import deletion
from minipod.client.wire.transport import SOCKET
from minipod.errors import (
    AlreadyExists,
    Conflict,
    Expired,
    InvalidObject,
    MinipodError,
    NotFound,
    Problem,
    Unavailable,
)
from minipod.model.pod import Metadata
from minipod.model.root import Root
from minipod.model.submission import Action, Submission
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from pathlib import Path

PODS = "/api/v1/namespaces/default/pods"
OWN = "/apis/minipod.dev/v1"


def pod(name: str, uid: str = "u", version: int = 5) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "uid": uid, "resourceVersion": str(version)}
    return {"kind": "Pod", "metadata": metadata}


def events(*pairs: tuple[str, dict[str, Any]]) -> Answer:
    lines = [json.dumps({"type": kind, "object": obj}).encode() + b"\n" for kind, obj in pairs]
    return Answer(chunks=lines)


def test_it_speaks_of_the_names_that_the_server_uses() -> None:
    assert Root("/x").socket == f"/x/{SOCKET}"
    assert Metadata("x").namespace == DEFAULT_NAMESPACE


def test_lists_tables_and_selectors(server: FakeServer, api: Api) -> None:
    server.answers = {
        "GET /api/v1/pods": Answer({"items": []}),
        f"GET {PODS}?labelSelector=app%3Dweb": Answer({"items": [1]}),
    }
    assert api.pods(None) == {"items": []}
    assert api.list_of(PODS_KIND, Where("default", "app=web"), table=True) == {"items": [1]}
    assert server.asked[0].headers["accept"] == "application/json"
    assert "as=Table" in server.asked[1].headers["accept"]


def test_a_watch_asks_for_what_the_list_was_of(server: FakeServer, api: Api) -> None:
    where = Where(None, "a=b", "type=Warning")
    asked = "labelSelector=a%3Db&fieldSelector=type%3DWarning&watch=true&resourceVersion=7"
    server.answers[f"GET /api/v1/events?{asked}"] = events(("ADDED", pod("x")))
    assert list(api.watch(EVENTS, where, "7", table=True)) == [
        {"type": "ADDED", "object": pod("x")}
    ]
    assert "as=Table" in server.asked[0].headers["accept"]


def test_a_kind_without_namespaces_is_looked_for_in_none(server: FakeServer, api: Api) -> None:
    server.answers["GET /api/v1/nodes/vm"] = Answer({"kind": "Node"})
    assert api.get(NODES, "default", "vm") == {"kind": "Node"}
    with pytest.raises(NotFound, match=r'^nodes "x" not found$'):
        api.get(NODES, "default", "x")


def test_the_kinds_are_those_that_the_server_has() -> None:
    assert [tuple(kind) for kind in KINDS] == [
        (one.kind, one.plural, *one.short_names, one.namespaced, one.group, "v1")
        for one in RESOURCES
    ]


@pytest.mark.parametrize("ask", ["pod", "delete_pod", "ports_of"])
def test_a_missing_pod_is_named_with_its_namespace(api: Api, ask: str) -> None:
    with pytest.raises(NotFound, match=r'^pods "x" not found$'):
        getattr(api, ask)("default", "x")


def test_a_missing_pod_has_no_log(api: Api) -> None:
    with pytest.raises(NotFound, match=r'^pods "x" not found$'):
        api.log("default", "x", LogQuery("c"))


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (409, "AlreadyExists", AlreadyExists),
        (409, "Conflict", Conflict),
        (503, "ServiceUnavailable", Unavailable),
        (418, "Teapot", MinipodError),
    ],
)
def test_a_status_becomes_its_error(
    server: FakeServer, api: Api, code: int, reason: str, kind: type[MinipodError]
) -> None:
    server.answers[f"POST {PODS}"] = failure(code, reason, "why", hint="do this")
    with pytest.raises(kind) as caught:
        api.create(PODS_KIND, "default", {})
    assert (str(caught.value), caught.value.hint) == ("why", "do this")


def test_causes_become_problems(server: FakeServer, api: Api) -> None:
    cause = {"field": "spec.x", "message": "bad", "reason": "FieldValueInvalid"}
    server.answers[f"POST {PODS}"] = failure(422, "Invalid", "all of it", causes=[cause])
    with pytest.raises(InvalidObject) as caught:
        api.create(PODS_KIND, "default", {})
    assert caught.value.problems == (Problem("spec.x", "bad"),)


def test_an_error_that_is_no_status_is_told_by_its_code(server: FakeServer, api: Api) -> None:
    raw = b"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\n<>"
    server.answers["GET /version"] = Answer(raw=raw)
    with pytest.raises(MinipodError, match="the server answered 502"):
        api.own.version()


def test_an_answer_that_is_no_json_is_told(server: FakeServer, api: Api) -> None:
    server.answers["GET /version"] = Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n<html>")
    with pytest.raises(Unavailable, match="cannot read the server's answer"):
        api.own.version()


def test_warnings_are_handed_on(server: FakeServer, api: Api, warnings: list[str]) -> None:
    server.answers[f"DELETE {PODS}/x"] = Answer(pod("x"), headers=('Warning: 299 - "careful"',))
    api.delete_pod("default", "x")
    assert warnings == ["careful"]


def test_deletion_options(server: FakeServer, api: Api) -> None:
    server.answers[f"DELETE {PODS}/x"] = Answer(pod("x"))
    api.delete_pod("default", "x", grace=0, uid="u")
    assert server.asked[0].body["gracePeriodSeconds"] == 0
    assert server.asked[0].body["preconditions"] == {"uid": "u"}


def test_manifests_are_told_as_they_happen(server: FakeServer, api: Api) -> None:
    line = {"type": "WARNING", "message": "ü"}
    chunks = [json.dumps(line).encode() + b"\n"] * 2
    server.answers[f"POST {OWN}/manifests?namespace=lab&action=create"] = Answer(chunks=chunks)
    assert list(api.submit([Source("a.yaml", "text")], "lab", Submission(Action.CREATE))) == [
        line,
        line,
    ]
    assert server.asked[0].body == {
        "sources": [{"name": "a.yaml", "text": "text"}],
        "defaultNamespace": "default",
    }


def test_waiting_for_the_end_sees_what_happened_before_it_began(
    server: FakeServer, api: Api
) -> None:
    server.answers[f"GET {PODS}?watch=true&resourceVersion=4"] = events(
        ("MODIFIED", pod("a", "1")), ("DELETED", pod("b", "2")), ("DELETED", pod("a", "1"))
    )
    deletion.wait(api, [pod("a", "1", 5), pod("b", "2", 4)])
    assert len(server.asked) == 1


def test_waiting_goes_on_when_a_watch_ends_or_comes_too_late(server: FakeServer, api: Api) -> None:
    expired = failure(410, "Expired", "too old").body
    server.answers = {
        f"GET {PODS}?watch=true&resourceVersion=5": [events(("ERROR", expired)), events()],
        f"GET {PODS}": [
            Answer({"metadata": {"resourceVersion": "5"}, "items": [pod("a", "1")]}),
            Answer({"metadata": {"resourceVersion": "9"}, "items": [pod("a", "another")]}),
        ],
    }
    deletion.wait(api, [pod("a", "1")])
    assert len(server.asked) == 4


def test_a_watch_that_is_too_late_is_expired(server: FakeServer, api: Api) -> None:
    target = f"GET {PODS}?watch=true&resourceVersion=1"
    server.answers[target] = failure(410, "Expired", "too old")
    with pytest.raises(Expired):
        list(api.watch(PODS_KIND, Where("default"), "1"))


def test_only_what_a_log_query_says_is_asked(server: FakeServer, api: Api) -> None:
    asked = f"{PODS}/x/log?container=c&follow=true&tailLines=0"
    server.answers[f"GET {asked}"] = Answer(chunks=[b"a\n", b"b"])
    assert list(api.log("default", "x", LogQuery("c", follow=True, tail=0))) == [b"a\n", b"b"]


def test_a_server_is_started_when_none_answers(tmp_path: Path) -> None:
    started: list[FakeServer] = []

    def start() -> None:
        started.append(FakeServer(tmp_path))
        started[0].answers["GET /version"] = Answer({"major": "1"})

    api = Api(Transport(str(tmp_path), warn=print, start=start))
    assert api.own.version() == {"major": "1"}
    assert api.own.version() == {"major": "1"}
    assert len(started) == 1
    started[0].close()
    with pytest.raises(Unavailable, match="no server runs"):
        Api(Transport(str(tmp_path), warn=print)).own.version()
