"""Logs over HTTP: whole, in part, and followed until the attempt is over."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from minipod.api.keys import LOGS
from minipod.engine import logs
from minipod.plan.crilog import stamp

from .conftest import PODS, until
from .fake_engine import running

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG = f"{PODS}/web/log"


def log_file(api, attempt: int = 0, container: str = "main", name: str = "web") -> Path:
    folder = Path(api.engine.pod_folder(f"uid-of-{name}")) / "containers" / container
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{attempt}.log"


def write(file: Path, *lines: str, at: float = 0.0) -> None:
    with file.open("ab", buffering=0) as opened:
        for line in lines:
            opened.write(b"%s stdout F %s\n" % (stamp(at or time.time()), line.encode()))


def start(api, *, containers: Iterable[str] = ("main",), restarts: int = 0) -> dict[str, Any]:
    web = api.engine.add("web", containers=tuple(containers))
    return api.engine.set_status("web", running(web, restarts=restarts))


def end(api, restarts: int = 0) -> None:
    status = running(api.engine.get("web"), restarts=restarts)
    for container in status["containerStatuses"]:
        container["state"] = {"terminated": {"exitCode": 0}}
    api.engine.set_status("web", status)


def test_a_log_comes_whole(api):
    start(api)
    write(log_file(api), "one", "two")
    answer = api.get(LOG)
    assert (answer.code, answer.body) == (200, b"one\ntwo\n")
    assert answer.headers["Content-Type"] == "text/plain"


def test_a_log_larger_than_a_piece_comes_whole(api, monkeypatch):
    monkeypatch.setattr(logs, "PIECE", 100)
    start(api)
    write(log_file(api), *(f"line {number}" for number in range(100)))
    assert api.get(LOG).body == b"".join(b"line %d\n" % number for number in range(100))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tailLines=1", b"three\n"),
        ("tailLines=0", b""),
        ("limitBytes=5", b"one\nt"),
        ("timestamps=true&tailLines=1", b"2026-01-02T03:04:05.000000000Z three\n"),
        ("sinceSeconds=60", b""),
        ("sinceTime=2026-01-02T03:04:05Z", b"one\ntwo\nthree\n"),
        ("sinceTime=2026-01-02T03:04:06Z", b""),
    ],
)
def test_parts_of_a_log(api, query, expected):
    start(api)
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    write(log_file(api), "one", "two", "three", at=at)
    assert api.get(f"{LOG}?{query}").body == expected


@pytest.mark.parametrize(
    "query",
    [
        "tailLines=-1",
        "tailLines=x",
        "limitBytes=0",
        "sinceSeconds=0",
        "sinceTime=yesterday",
        "sinceSeconds=1&sinceTime=2026-01-02T03:04:05Z",
        "container=nope",
    ],
)
def test_what_makes_no_sense_is_refused(api, query):
    start(api)
    answer = api.get(f"{LOG}?{query}")
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")


def test_each_container_and_attempt_has_its_own(api):
    start(api, containers=("a", "b"), restarts=1)
    write(log_file(api, 1, "a"), "now")
    write(log_file(api, 1, "b"), "beside")
    assert api.get(f"{LOG}?container=a").body == b"now\n"
    assert api.get(f"{LOG}?container=b").body == b"beside\n"
    status = api.engine.get("web")["status"]
    status["containerStatuses"][0]["lastState"] = {"terminated": {}}
    api.engine.set_status("web", status)
    write(log_file(api, 0, "a"), "before")
    assert api.get(f"{LOG}?container=a&previous=true").body == b"before\n"


def test_a_pod_that_is_not_there_and_one_that_has_not_started(api):
    assert api.get(LOG).code == 404
    api.engine.add("web")
    answer = api.get(f"{LOG}?follow=true")
    assert answer.code == 400
    assert answer.json["message"].endswith("waiting to start: ContainerCreating")


def test_an_attempt_that_could_not_start_wrote_nothing(api):
    start(api)
    end(api)
    assert (api.get(LOG).code, api.get(LOG).body) == (200, b"")


def test_a_followed_log_comes_as_it_grows_and_ends_with_its_attempt(api):
    async def scenario():
        start(api)
        file = log_file(api)
        write(file, "old", "before")
        async with api.client.get(f"{LOG}?follow=true&tailLines=1") as response:
            assert await response.content.readline() == b"before\n"
            for number in range(3):
                write(file, f"line {number}")
                assert await response.content.readline() == b"line %d\n" % number
            write(file, "last words")
            end(api)
            assert await response.content.read() == b"last words\n"

    api.run(scenario())


@pytest.mark.parametrize("how", ["restarted", "deleted", "replaced", "server stopped"])
def test_a_followed_log_ends(api, how):
    async def scenario():
        start(api)
        write(log_file(api), "hello")
        async with api.client.get(f"{LOG}?follow=true") as response:
            assert await response.content.readline() == b"hello\n"
            match how:
                case "restarted":
                    web = api.engine.get("web")
                    api.engine.set_status("web", running(web, restarts=1))
                case "deleted":
                    await api.engine.delete_pod("default", "web")
                case "replaced":
                    web = api.engine.get("web")
                    web["metadata"]["uid"] = "another"
                    api.engine.store.update(web)
                case "server stopped":
                    api.engine.store.close()
            assert await response.content.read() == b""

    api.run(scenario())


def test_following_what_is_over_ends_at_once(api):
    start(api)
    write(log_file(api), "done")
    end(api)
    assert api.get(f"{LOG}?follow=true").body == b"done\n"


def test_following_stops_at_its_limit(api):
    start(api)
    write(log_file(api), "hello")
    assert api.get(f"{LOG}?follow=true&limitBytes=3").body == b"hel"


def test_many_followers_share_one_watch_and_leave_nothing(api):
    async def scenario():
        start(api)
        file = log_file(api)
        file.touch()

        async def follow() -> bytes:
            async with api.client.get(f"{LOG}?follow=true") as response:
                return await response.content.readline()

        followers = [asyncio.create_task(follow()) for _ in range(10)]
        growth = api.app[LOGS]._growth
        await until(lambda: [len(each) for each in growth._readers.values()] == [10])
        write(file, "hello")
        assert await asyncio.gather(*followers) == [b"hello\n"] * 10
        await until(lambda: not growth._readers)

    api.run(scenario())
