"""Watches tell what happens to the objects that a selector means, in Kubernetes' events."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from minipod.api import watch
from minipod.api.resources import PODS as POD_RESOURCE
from minipod.errors import Expired
from minipod.plan import selectors
from minipod.store import base
from minipod.store.protocol import Change, Key, Revision

from .conftest import PODS, TABLE, until
from .fake_engine import pod, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@asynccontextmanager
async def watching(api, query: str = "", **request: Any) -> AsyncIterator[Callable[[], Awaitable]]:
    """Give a function that returns the next event of a watch, None at its end."""
    async with api.client.get(f"{PODS}?watch=true{query}", **request) as response:
        assert response.status == 200

        async def event() -> Any:
            line = await response.content.readline()
            return json.loads(line) if line else None

        yield event


def told(event) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"].get("name", "")


def test_a_watch_tells_what_there_is_and_then_what_comes(api):
    async def scenario():
        api.engine.add("a")
        async with watching(api) as event:
            assert told(await event()) == ("ADDED", "a")
            api.engine.add("b")
            assert told(await event()) == ("ADDED", "b")
            api.engine.set_status("b", {"phase": "Running"})
            assert told(await event()) == ("MODIFIED", "b")
            await api.engine.delete_pod("default", "b")
            assert told(await event()) == ("MODIFIED", "b")
            assert told(await event()) == ("DELETED", "b")

    api.run(scenario())


def test_a_watch_after_a_version_tells_only_what_came_later(api):
    async def scenario():
        api.engine.add("a")
        async with watching(api, f"&resourceVersion={api.engine.store.version}") as event:
            api.engine.add("b")
            assert told(await event()) == ("ADDED", "b")

    api.run(scenario())


@pytest.mark.parametrize("version", ["", "0"])
def test_no_version_and_version_0_begin_with_what_there_is(api, version):
    async def scenario():
        api.engine.add("a")
        async with watching(api, f"&resourceVersion={version}") as event:
            assert told(await event()) == ("ADDED", "a")

    api.run(scenario())


def test_a_streaming_list_says_where_it_ends(api):
    """kubectl 1.35 and later wait for this bookmark in delete, wait and run."""

    async def scenario():
        api.engine.add("a")
        query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        async with watching(api, query) as event:
            assert told(await event()) == ("ADDED", "a")
            mark = await event()
            assert mark["type"] == "BOOKMARK"
            assert mark["object"]["kind"] == "Pod"
            assert mark["object"]["metadata"]["annotations"] == {
                "k8s.io/initial-events-end": "true"
            }
            assert mark["object"]["metadata"]["resourceVersion"] == "1"
            api.engine.add("b")
            assert told(await event()) == ("ADDED", "b")

    api.run(scenario())


def test_without_initial_events_a_watch_begins_now(api):
    async def scenario():
        api.engine.add("a")
        async with watching(api, "&sendInitialEvents=false") as event:
            api.engine.add("b")
            assert told(await event()) == ("ADDED", "b")

    api.run(scenario())


def test_bookmarks_come_from_time_to_time_if_asked_for(api, monkeypatch):
    monkeypatch.setattr(watch, "BOOKMARK_EVERY", 0.01)

    async def scenario():
        api.engine.add("a")
        async with watching(api, "&allowWatchBookmarks=true&resourceVersion=1") as event:
            mark = await event()
            assert (mark["type"], mark["object"]["metadata"]["resourceVersion"]) == (
                "BOOKMARK",
                "1",
            )

    api.run(scenario())


def test_a_watch_ends_when_its_time_is_over(api):
    async def scenario():
        wanted = watch.Options(watch.Start(None, initial=False), bookmarks=False, timeout=0.01)
        scope = watch.Scope(POD_RESOURCE, None, selectors.parse(POD_RESOURCE, "", ""))
        assert [event async for event in watch.events(api.engine.store, scope, wanted)] == []

    api.run(scenario())


def test_a_watch_ends_when_the_server_does(api):
    async def scenario():
        async with watching(api) as event:
            api.engine.store.close()
            assert await event() is None

    api.run(scenario())


def test_a_version_that_is_no_longer_kept_is_an_error_event(api, monkeypatch):
    monkeypatch.setattr(base, "KEPT_REVISIONS", 1)

    async def scenario():
        for name in "abc":
            api.engine.add(name)
        async with watching(api, "&resourceVersion=1") as event:
            error = await event()
            assert error["type"] == "ERROR"
            assert (error["object"]["code"], error["object"]["reason"]) == (410, "Expired")
            assert await event() is None

    api.run(scenario())


def test_a_version_that_is_no_number_is_a_bad_request(api):
    answer = api.get(f"{PODS}?watch=1&resourceVersion=now")
    assert answer.code == 400


def test_a_watch_of_a_namespace_is_silent_about_others(api):
    async def scenario():
        async with watching(api) as event:
            api.engine.add("elsewhere", "other")
            api.engine.add("here")
            assert told(await event()) == ("ADDED", "here")

    api.run(scenario())


def test_a_pod_that_begins_to_match_is_added_and_one_that_stops_is_deleted(api):
    async def scenario():
        api.engine.add("a")
        async with watching(api, "&fieldSelector=status.phase%3DRunning") as event:
            api.engine.set_status("a", {"phase": "Running"})
            assert told(await event()) == ("ADDED", "a")
            api.engine.set_status("a", {"phase": "Running", "message": "x"})
            assert told(await event()) == ("MODIFIED", "a")
            api.engine.set_status("a", {"phase": "Failed"})
            gone = await event()
            assert told(gone) == ("DELETED", "a")
            assert gone["object"]["status"]["message"] == "x", "as it was when it matched"
            assert gone["object"]["metadata"]["resourceVersion"] == "4"
            api.engine.set_status("a", {"phase": "Failed", "message": "unseen"})
            api.engine.store.delete(Key("Pod", "default", "a"))
            api.engine.add("b", status={"phase": "Running"})
            assert told(await event()) == ("ADDED", "b")

    api.run(scenario())


def test_what_cannot_be_told_for_sure_ends_the_watch():
    selector = selectors.parse(POD_RESOURCE, "app=web", "")
    key = Key("Pod", "default", "a")
    matching = pod("a", labels={"app": "web"})
    known = watch.seen(Revision(5, Change.MODIFIED, key, matching, None), selector)
    assert known.type == "MODIFIED"
    with pytest.raises(Expired):
        watch.seen(Revision(5, Change.MODIFIED, key, pod("a"), None), selector)


def test_a_watch_of_tables_has_columns_in_the_first_event_only(api):
    async def scenario():
        web = api.engine.add("web")
        async with watching(api, headers={"Accept": TABLE}) as event:
            first = (await event())["object"]
            assert first["kind"] == "Table"
            assert first["columnDefinitions"][0]["name"] == "Name"
            api.engine.set_status("web", running(web))
            second = (await event())["object"]
            assert second["columnDefinitions"] is None
            assert second["rows"][0]["cells"][:3] == ["web", "1/1", "Running"]

    api.run(scenario())


def test_a_client_that_goes_away_leaves_no_task_behind(api):
    async def scenario():
        before = asyncio.all_tasks()
        async with watching(api):
            assert asyncio.all_tasks() > before
        await until(lambda: asyncio.all_tasks() <= before)

    api.run(scenario())


def test_a_client_that_goes_away_is_no_error_in_the_log(api, caplog):
    """`delete` hangs up when its pods are gone, whatever else happens at that moment."""

    async def scenario():
        before = asyncio.all_tasks()
        reader, writer = await asyncio.open_connection(*api.address)
        writer.write(f"GET {PODS}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        for n in range(200):  # the first meets a closed connection, the next a broken one
            api.engine.add(f"pod-{n}")
        await until(lambda: asyncio.all_tasks() <= before)

    api.run(scenario())
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
