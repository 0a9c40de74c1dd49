"""Get, list and watch: the same for every kind."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from minipod.api import answers, query, tables, watch
from minipod.api.keys import ENGINE
from minipod.errors import BadRequest, Expired, TimedOut
from minipod.plan import selectors
from minipod.store.protocol import Key, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from minipod.api.resources import Resource
    from minipod.model.pod import JSON

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def scope(request: web.Request, resource: Resource) -> watch.Scope:
    """Return what a request for a collection is about. BadRequest."""
    selector = selectors.parse(
        resource, query.text(request, "labelSelector"), query.text(request, "fieldSelector")
    )
    return watch.Scope(resource, request.match_info.get("namespace"), selector)


def one(request: web.Request, resource: Resource) -> JSON:
    """Return the object that a request names. NotFound."""
    key = Key(resource.kind, request.match_info.get("namespace", ""), request.match_info["name"])
    obj = request.app[ENGINE].store.get(key)
    if obj is None:
        raise not_found(key)
    return obj


def many(request: web.Request, wanted: watch.Scope) -> list[JSON]:
    """Return the objects of a scope, by namespace and name."""
    objects = request.app[ENGINE].store.list(wanted.resource.kind, wanted.namespace)
    if wanted.selector.everything:
        return objects
    return [obj for obj in objects if wanted.selector.matches(obj)]


def list_of(resource: Resource, objects: list[JSON], version: int) -> JSON:
    """Return Kubernetes' list of a kind."""
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": {"resourceVersion": str(version)},
        "items": objects,
    }


def getter(resource: Resource) -> Handler:
    """Return the handler of GET on one object."""
    return partial(_get, resource)


def lister(resource: Resource) -> Handler:
    """Return the handler of GET on a collection: a list, or with `watch` a stream."""
    return partial(_list, resource)


async def _get(resource: Resource, request: web.Request) -> web.StreamResponse:
    obj = one(request, resource)
    form = _form(request)
    if form.table:
        version = obj["metadata"]["resourceVersion"]
        obj = tables.table(resource.kind, [obj], version, form, time.time())
    return answers.json(request, obj)


async def _list(resource: Resource, request: web.Request) -> web.StreamResponse:
    wanted = scope(request, resource)
    store = request.app[ENGINE].store
    form = _form(request)
    if query.boolean(request, "watch"):
        return await watch.respond(request, store, wanted, form)
    _check_version(request, store.version)
    objects = many(request, wanted)
    if form.table:
        answer = tables.table(resource.kind, objects, str(store.version), form, time.time())
    else:
        answer = list_of(resource, objects, store.version)
    return answers.json(request, answer)


def _check_version(request: web.Request, current: int) -> None:
    """Raise if a list is asked for that is not what there is now: nothing else can be listed.

    BadRequest; Expired for an exact older version; TimedOut for a version that is still to come.
    """
    wanted = query.version(request)
    match = query.text(request, "resourceVersionMatch")
    if match not in ("", "Exact", "NotOlderThan"):
        raise BadRequest(
            f'parameter resourceVersionMatch: "{match}" is not supported',
            hint="use one of Exact, NotOlderThan",
        )
    if match and wanted is None:
        raise BadRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if wanted is not None and wanted > current:
        raise TimedOut(f"Too large resource version: {wanted}, current: {current}")
    if match == "Exact" and wanted != current:
        raise Expired("The resourceVersion for the provided list is too old.")


def _form(request: web.Request) -> tables.Form:
    return tables.wanted(request.headers.get("Accept", ""), query.text(request, "includeObject"))
