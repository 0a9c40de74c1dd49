"""DELETE of events: records, which nobody but their reader needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.api import answers, query, read
from minipod.api.keys import ENGINE
from minipod.api.resources import EVENTS
from minipod.api.status import About, success
from minipod.store.protocol import key_of

if TYPE_CHECKING:
    from aiohttp import web

    from minipod.model.pod import JSON


async def delete(request: web.Request) -> web.Response:
    """DELETE one event."""
    event = read.one(request, EVENTS)
    await _delete(request, [event])
    return answers.json(request, success(About(EVENTS.plural, event["metadata"]["name"])))


async def delete_collection(request: web.Request) -> web.Response:
    """DELETE all events that the selectors mean."""
    events = read.many(request, read.scope(request, EVENTS))
    await _delete(request, events)
    version = request.app[ENGINE].store.version
    return answers.json(request, read.list_of(EVENTS, events, version))


async def _delete(request: web.Request, events: list[JSON]) -> None:
    options = await query.delete_options(request)
    for event in events:
        options.preconditions.check(EVENTS.plural, event["metadata"])
    if query.dry_run(options.dry_run or []):
        return
    # What was read before the body came may be gone by now.
    store = request.app[ENGINE].store
    with store.transaction():
        for event in events:
            if store.get(key_of(event)) is not None:
                store.delete(key_of(event))
