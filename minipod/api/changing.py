"""PUT and PATCH of any kind: read, change, check, store; again if somebody was faster."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from minipod.api import answers, query, read
from minipod.api.keys import CHANGES, ENGINE
from minipod.errors import BadRequest, Conflict
from minipod.manifest import KINDS, changed, decode_object
from minipod.patch import json_patch, merge_patch, strategic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web

    from minipod.api.read import Handler
    from minipod.api.resources import Resource
    from minipod.engine import Engine, Outcome
    from minipod.manifest import DecodedObject, FieldValidation
    from minipod.model.pod import JSON

    Wanted = Callable[[JSON], bytes | JSON]
    """From the live object to the one that is wanted."""

TRIES = 5
"""How often a change is tried on an object that changes meanwhile, as in Kubernetes."""

_PATCHES: Mapping[str, Callable[[JSON, object], JSON]] = {
    "application/json-patch+json": json_patch,
    "application/merge-patch+json": merge_patch,
    "application/strategic-merge-patch+json": strategic,
}
_STORES: Mapping[str, Callable[[Engine, JSON], Awaitable[Outcome]]] = {
    "Pod": lambda engine, obj: engine.update_pod(obj),
    "Namespace": lambda engine, obj: engine.namespaces.update(obj),
}


class Change(NamedTuple):
    """What an object became, and what to say of it; `before` is what it was."""

    before: JSON
    obj: JSON
    warnings: tuple[str, ...]


class How(NamedTuple):
    """How a change is made: whether at all, and what becomes of unknown fields."""

    dry_run: bool
    validation: FieldValidation


def replacer(resource: Resource) -> Handler:
    """Return the handler of PUT on one object."""
    return partial(_replace, resource)


def patcher(resource: Resource) -> Handler:
    """Return the handler of PATCH on one object."""
    return partial(_patch, resource)


async def _replace(resource: Resource, request: web.Request) -> web.StreamResponse:
    body = await query.manifest(request)
    return await _answer(resource, request, lambda _: body)


async def _patch(resource: Resource, request: web.Request) -> web.StreamResponse:
    apply = _PATCHES.get(request.content_type)
    if apply is None:
        raise query.unknown_format(_PATCHES)
    patch = query.decode(await request.read(), object, called="patch")
    return await _answer(resource, request, lambda live: apply(live, patch))


async def _answer(resource: Resource, request: web.Request, wanted: Wanted) -> web.StreamResponse:
    how = How(query.dry_run(request.query.getall("dryRun", [])), query.validation(request))
    engine = request.app[ENGINE]
    change = make(engine, lambda: read.one(request, resource), wanted, how)
    done = await request.app[CHANGES].finish(change)
    return answers.json(request, done.obj, warnings=done.warnings)


async def make(engine: Engine, find: Callable[[], JSON], wanted: Wanted, how: How) -> Change:
    """Make of the object that is found the one that is wanted. NotFound, Conflict, InvalidObject.

    One that somebody else changes at the same time is read again, and the change made on that.
    """
    for left in reversed(range(TRIES)):
        live = find()
        # The last time it is decided here, where nobody comes between.
        decide = partial(_decided, live, wanted, how)
        new, warnings = await asyncio.to_thread(decide) if left else decide()
        if how.dry_run:
            return Change(live, new, warnings)
        try:
            done = await _STORES[live["kind"]](engine, new)
        except Conflict as error:
            conflict = error
            if find()["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]:
                raise
        else:
            return Change(live, done.obj, (*warnings, *done.warnings))
    raise conflict


def _decided(live: JSON, wanted: Wanted, how: How) -> tuple[JSON, tuple[str, ...]]:
    """Return the object that is to be stored, checked, and what its change gives to say."""
    try:
        new = wanted(live)
    except RecursionError as error:  # what a patch says, or makes, has no end of depth
        raise BadRequest(f"cannot apply the patch: {query.TOO_DEEP}") from error
    decoded = _decoded(live, new, how.validation)
    known = _decoded(live, live, how.validation).warnings
    return changed(live, decoded), tuple(text for text in decoded.warnings if text not in known)


def _decoded(live: JSON, body: bytes | JSON, validation: FieldValidation) -> DecodedObject:
    namespace = live["metadata"].get("namespace", "")
    return decode_object(KINDS[live["kind"]], body, namespace=namespace, validation=validation)
