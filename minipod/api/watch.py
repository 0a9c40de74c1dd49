"""Watches: what happens to the objects that a selector means, as it happens.

The events and their order are those of Kubernetes' API server; see "Efficient detection of changes"
and "Streaming lists" in its API concepts.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from minipod.api import answers, query
from minipod.api.status import status_of
from minipod.api.tables import Form, table
from minipod.errors import Expired
from minipod.store.protocol import Change

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiohttp import web

    from minipod.api.resources import Resource
    from minipod.model.pod import JSON
    from minipod.plan.selectors import Selector
    from minipod.store.protocol import Revision, Store

BOOKMARK_EVERY = 60.0
"""Seconds between bookmarks, for clients that ask for them; Kubernetes' own interval."""

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Scope(NamedTuple):
    """What a request is about: a kind, a namespace (None: all) and a selector."""

    resource: Resource
    namespace: str | None
    selector: Selector


class Start(NamedTuple):
    """Where a watch begins: `after` a version (None: now), with what there is now told first."""

    after: int | None
    initial: bool
    announced: bool = False
    """Whether a bookmark says where what there is now ends (sendInitialEvents)."""


class Options(NamedTuple):
    """How a watch goes on; `timeout` in seconds, None: as long as the client listens."""

    start: Start
    bookmarks: bool
    timeout: float | None


class Event(NamedTuple):
    """One event of a watch."""

    type: str
    obj: JSON


def options(request: web.Request) -> Options:
    """Return what a watch is asked to be. BadRequest."""
    timeout = query.integer(request, "timeoutSeconds")
    return Options(
        _start(query.version(request), query.boolean(request, "sendInitialEvents")),
        bool(query.boolean(request, "allowWatchBookmarks")),
        float(timeout) if timeout else None,
    )


def _start(version: int | None, send_initial: bool | None) -> Start:  # noqa: FBT001 (three states)
    if send_initial is None:
        return Start(version or None, initial=not version)
    if send_initial:
        return Start(None, initial=True, announced=True)
    return Start(version, initial=False)


async def respond(
    request: web.Request, store: Store, scope: Scope, form: Form
) -> web.StreamResponse:
    """Answer with events, one a line, until the client goes or the time is over."""
    wanted = options(request)
    response = await answers.stream(request, "application/json")
    columns = True
    async with aclosing(events(store, scope, wanted)) as stream:
        async for event in stream:
            obj = event.obj
            if form.table and event.type != "ERROR":
                obj = _as_table(scope.resource, event, form, columns=columns)
                columns = False
            await response.write(answers.line({"type": event.type, "object": obj}))
    return response


def _as_table(resource: Resource, event: Event, form: Form, *, columns: bool) -> JSON:
    metadata = event.obj["metadata"]
    shown = [] if event.type == "BOOKMARK" else [event.obj]
    result = table(
        resource.kind, shown, metadata["resourceVersion"], form, time.time(), columns=columns
    )
    if "annotations" in metadata and not shown:
        result["metadata"]["annotations"] = metadata["annotations"]
    return result


async def events(store: Store, scope: Scope, wanted: Options) -> AsyncGenerator[Event, None]:
    """Yield the events of a watch; what ends it too early is its last event, an ERROR."""
    version = store.version
    after = version if wanted.start.after is None else wanted.start.after
    if wanted.start.initial:
        for obj in store.list(scope.resource.kind, scope.namespace):
            if scope.selector.matches(obj):
                yield Event("ADDED", obj)
        if wanted.start.announced:
            yield _bookmark(scope.resource, version, {INITIAL_EVENTS_END: "true"})
    try:
        async with aclosing(_changes(store, scope, after, wanted)) as changes:
            async for event in changes:
                yield event
    except Expired as error:
        yield Event("ERROR", status_of(error))


async def _changes(
    store: Store, scope: Scope, after: int, wanted: Options
) -> AsyncGenerator[Event, None]:
    loop = asyncio.get_running_loop()
    end = None if wanted.timeout is None else loop.time() + wanted.timeout
    next_bookmark = loop.time() + BOOKMARK_EVERY if wanted.bookmarks else None
    reader = store.watch(scope.resource.kind, scope.namespace, after)
    while True:
        try:
            async with asyncio.timeout_at(_earlier(end, next_bookmark)):
                revision = await anext(reader)
        except TimeoutError:
            if wanted.bookmarks:
                # The reader has gone through everything: it waited.
                yield _bookmark(scope.resource, store.version, {})
                next_bookmark = loop.time() + BOOKMARK_EVERY
            if end is not None and loop.time() >= end:
                return
            continue
        except StopAsyncIteration:
            return
        event = seen(revision, scope.selector)
        if event is not None:
            yield event


def seen(revision: Revision, selector: Selector) -> Event | None:
    """Return a change as it looks through a selector; None if it does not show. Expired.

    An object that begins to match is ADDED, one that stops is DELETED, as it was when it matched.
    """
    if selector.everything or revision.change is not Change.MODIFIED:
        return (
            Event(revision.change.value, revision.obj) if selector.matches(revision.obj) else None
        )
    matches = selector.matches(revision.obj)
    if revision.before is None:
        if matches:
            return Event("MODIFIED", revision.obj)
        raise Expired("cannot tell whether an object matched before: that state is no longer kept")
    matched = selector.matches(revision.before)
    if matches:
        return Event("MODIFIED" if matched else "ADDED", revision.obj)
    if not matched:
        return None
    metadata = revision.before["metadata"] | {"resourceVersion": str(revision.version)}
    return Event("DELETED", revision.before | {"metadata": metadata})


def _bookmark(resource: Resource, version: int, annotations: dict[str, str]) -> Event:
    metadata: JSON = {"resourceVersion": str(version), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = annotations
    bookmark = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return Event("BOOKMARK", bookmark)


def _earlier(first: float | None, second: float | None) -> float | None:
    times = [time for time in (first, second) if time is not None]
    return min(times, default=None)
