"""POST of objects of any kind, and what it takes to create one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from minipod.api import answers, query
from minipod.api.keys import CHANGES, ENGINE
from minipod.api.naming import named
from minipod.engine import Outcome
from minipod.errors import NotFound
from minipod.manifest import decode_object
from minipod.store.protocol import already_exists, key_of

if TYPE_CHECKING:
    from aiohttp import web

    from minipod.api.read import Handler
    from minipod.manifest import Kind
    from minipod.model.pod import JSON


def creator(kind: Kind) -> Handler:
    """Return the handler of POST; the answer of a pod comes when its first start is over."""
    return partial(_create, kind)


async def _create(kind: Kind, request: web.Request) -> web.StreamResponse:
    namespace = request.match_info.get("namespace", "")
    validation = query.validation(request)
    dry_run = query.dry_run(request.query.getall("dryRun", []))
    body = await query.manifest(request)
    decoded = await asyncio.to_thread(
        decode_object, kind, body, namespace=namespace, validation=validation
    )
    made = await create(request, named(decoded.obj), dry_run=dry_run)
    return answers.json(request, made.obj, code=201, warnings=(*decoded.warnings, *made.warnings))


async def create(request: web.Request, obj: JSON, *, dry_run: bool) -> Outcome:
    """Create an object; a pod is waited for until its first start is over. AlreadyExists."""
    engine = request.app[ENGINE]
    key = key_of(obj)
    if dry_run:
        if engine.store.get(key) is not None:
            raise already_exists(key)
        engine.namespaces.check_open(key.namespace, key.name)
        return Outcome(obj)
    if key.kind == "Namespace":
        return engine.namespaces.create(obj)
    created = await request.app[CHANGES].finish(engine.create_pod(obj))
    try:
        settled = await engine.settled(key.namespace, key.name)
    except NotFound:
        settled = created.obj  # somebody has deleted it already
    return Outcome(settled, created.warnings)
