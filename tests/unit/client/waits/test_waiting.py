"""Waiting for objects: what is asked of the server, and what is met."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.kinds import NAMESPACES, PODS, Where
from minipod.client.targets import Target
from minipod.client.waits.conditions import Created, Deleted, StatusCondition, parse
from minipod.client.waits.waiting import wait, wait_any
from minipod.errors import BadRequest, NotFound, TimedOut
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from minipod.client import Api

ALL = "/api/v1/namespaces/default/pods"
ONLY_WEB = f"GET {ALL}?fieldSelector=metadata.name%3Dweb"
WATCH = f"{ONLY_WEB}&watch=true&resourceVersion=7"
WEB = Target(PODS, "default", "web")
READY = StatusCondition("Ready")
GONE = failure(404, "NotFound", "it is not there")


def pod(ready: str = "False", uid: str = "1", **more: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    return {"metadata": {"name": "web", "uid": uid}, "status": {"conditions": conditions, **more}}


def listed(*pods: dict[str, Any]) -> Answer:
    return Answer({"items": list(pods), "metadata": {"resourceVersion": "7"}})


def events(*told: tuple[str, dict[str, Any]], hold: bool = False) -> Answer:
    lines = [json.dumps({"type": kind, "object": obj}).encode() + b"\n" for kind, obj in told]
    if not hold:
        return Answer(chunks=lines)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines)
    return Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, hold=True)


def test_what_holds_already_is_asked_for_once(server: FakeServer, api: Api) -> None:
    server.answers[f"GET {ALL}/web"] = Answer(pod("True"))
    (outcome,) = wait(api, [WEB], READY, 5)
    assert (outcome.target, outcome.obj, outcome.error) == (WEB, pod("True"), None)
    assert len(server.asked) == 1


def test_a_first_look_at_a_server_that_ends_is_made_again(server: FakeServer, api: Api) -> None:
    server.answers[f"GET {ALL}/web"] = [Answer(raw=b""), Answer(pod("True"))]
    (outcome,) = wait(api, [WEB], READY, 5)
    assert (outcome.obj, outcome.error) == (pod("True"), None)


def test_what_does_not_hold_yet_is_watched(server: FakeServer, api: Api) -> None:
    server.answers = {
        f"GET {ALL}/web": Answer(pod()),
        ONLY_WEB: listed(pod()),
        WATCH: events(("MODIFIED", pod()), ("MODIFIED", pod("true")), hold=True),
    }
    (outcome,) = wait(api, [WEB], READY, 5)
    assert outcome.obj == pod("true")


def test_a_watch_that_breaks_begins_again_and_misses_nothing(server: FakeServer, api: Api) -> None:
    server.answers = {
        f"GET {ALL}/web": Answer(pod()),
        ONLY_WEB: [listed(pod()), listed(pod()), Answer(raw=b""), listed(pod("True"))],
        WATCH: [Answer(raw=b""), failure(410, "Expired", "too old")],
    }
    (outcome,) = wait(api, [WEB], READY, 5)
    assert outcome.error is None


def test_another_object_of_that_name_means_that_the_first_is_gone(
    server: FakeServer, api: Api
) -> None:
    server.answers = {f"GET {ALL}/web": Answer(pod()), ONLY_WEB: listed(pod(uid="2"))}
    (outcome,) = wait(api, [WEB], Deleted(), 5)
    assert (outcome.obj, outcome.error) == (pod(), None)


def test_a_deletion_ends_the_wait_for_it(server: FakeServer, api: Api) -> None:
    server.answers = {
        f"GET {ALL}/web": Answer(pod()),
        ONLY_WEB: listed(pod()),
        WATCH: events(("DELETED", pod("True")), hold=True),
    }
    assert [each.error for each in wait(api, [WEB], Deleted(), 5)] == [None]
    (late,) = wait(api, [WEB], READY, 0.05)
    assert isinstance(late.error, TimedOut), "an object that is gone is not ready"


def test_what_never_comes_times_out_and_the_next_is_looked_at(server: FakeServer, api: Api) -> None:
    other = Target(NAMESPACES, "default", "lab")
    server.answers = {
        f"GET {ALL}/web": Answer(pod()),
        ONLY_WEB: listed(pod()),
        WATCH: events(hold=True),
        "GET /api/v1/namespaces/lab": Answer(pod("True")),
    }
    began = time.monotonic()
    late, met = wait(api, [WEB, other], READY, 0.1)
    assert time.monotonic() - began >= 0.1
    assert str(late.error) == "timed out waiting for the condition on pods/web"
    assert met.error is None


def test_no_time_at_all_looks_once(server: FakeServer, api: Api) -> None:
    server.answers[f"GET {ALL}/web"] = Answer(pod())
    (outcome,) = wait(api, [WEB], READY, 0)
    assert str(outcome.error) == "condition not met for pods/web"
    assert len(server.asked) == 1


def test_an_object_that_is_not_there_is_an_error_unless_it_is_to_come_or_go(
    server: FakeServer, api: Api
) -> None:
    server.answers = {ONLY_WEB: listed(), WATCH: events(("ADDED", pod()), hold=True)}
    (missing,) = wait(api, [WEB], READY, 5)
    assert isinstance(missing.error, NotFound)
    assert [each[1:] for each in wait(api, [WEB], Deleted(), 5)] == [(None, None)]
    assert [each[1:] for each in wait(api, [WEB], Created(), 5)] == [(pod(), None)]


def test_any_object_of_a_kind_ends_a_wait_for_one(server: FakeServer, api: Api) -> None:
    server.answers = {
        f"GET {ALL}": listed(),
        f"GET {ALL}?watch=true&resourceVersion=7": events(("ADDED", pod()), hold=True),
    }
    wait_any(api, PODS, Where("default"), time.monotonic() + 5)
    with pytest.raises(TimedOut):
        wait_any(api, PODS, Where("default"), time.monotonic())
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("create", True),
        ("Delete", False),
        ("condition=Ready", True),
        ("condition=ready=TRUE", True),
        ("condition=Ready=False", False),
        ("condition=Other", False),
        ("jsonpath={.status.phase}=Running", True),
        ("jsonpath=.status.phase='Running'", True),
        ("jsonpath={.status.phase}", True),
        ("jsonpath={.status.nothing}", False),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', True),
        ("jsonpath={.status.count}=3", True),
    ],
)
def test_a_condition_holds_or_not(text: str, met: bool) -> None:
    assert parse(text).met(pod("True", phase="Running", count=3)) is met


def test_a_condition_of_an_older_generation_does_not_count() -> None:
    obj = pod("True", observedGeneration=1)
    obj["metadata"]["generation"] = 2
    assert not READY.met(obj)
    obj["status"]["conditions"][0]["observedGeneration"] = 2
    assert READY.met(obj)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("foo", 'unrecognized condition: "foo"'),
        ("jsonpath=", "jsonpath expression cannot be empty"),
        ("jsonpath={.a}=", "jsonpath wait has to have a value after equal sign"),
        ("jsonpath={.a}=b=c", "jsonpath wait format must be"),
        ("jsonpath={.a[}", "unterminated array"),
        ("jsonpath={.a", "unexpected path string"),
    ],
)
def test_a_condition_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why.replace("[", r"\[")):
        parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("jsonpath={.status.conditions[0].*}", "matches more than one value"),
        ("jsonpath={.status.conditions}=x", "leads to a nested object or list"),
        ("jsonpath={.metadata.name[0]}", "string is not array or slice"),
    ],
)
def test_a_path_that_cannot_be_compared_is_told_of_its_object(
    server: FakeServer, api: Api, text: str, why: str
) -> None:
    server.answers[f"GET {ALL}/web"] = Answer(pod())
    (outcome,) = wait(api, [WEB], parse(text), 5)
    assert why in str(outcome.error)
