"""What only pods have: deletion and logs."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING

from minipod.api import answers, query, read
from minipod.api.keys import CHANGES, ENGINE, LOGS
from minipod.api.resources import PODS
from minipod.engine import Outcome
from minipod.engine.logs import LogQuery
from minipod.errors import BadRequest
from minipod.model.times import parse_timestamp
from minipod.plan.log_source import choose

if TYPE_CHECKING:
    from aiohttp import web

    from minipod.api.query import DeleteOptions
    from minipod.model.pod import JSON


async def delete(request: web.Request) -> web.Response:
    """DELETE one pod: its end begins, and the answer is the pod."""
    options = await query.delete_options(request)
    pod = read.one(request, PODS)
    outcome = await _delete(request, pod, options)
    return answers.json(request, outcome.obj, warnings=outcome.warnings)


async def delete_collection(request: web.Request) -> web.Response:
    """DELETE all pods that the selectors mean."""
    options = await query.delete_options(request)
    deleted: list[JSON] = []
    warnings: list[str] = []
    for pod in read.many(request, read.scope(request, PODS)):
        obj, told = await _delete(request, pod, options)
        deleted.append(obj)
        warnings += told
    version = request.app[ENGINE].store.version
    return answers.json(request, read.list_of(PODS, deleted, version), warnings=warnings)


async def _delete(request: web.Request, pod: JSON, options: DeleteOptions) -> Outcome:
    metadata = pod["metadata"]
    options.preconditions.check(PODS.plural, metadata)
    if query.dry_run(options.dry_run or []):
        return Outcome(pod)
    return await request.app[CHANGES].finish(
        request.app[ENGINE].delete_pod(
            metadata["namespace"],
            metadata["name"],
            grace=options.grace_period_seconds,
            uid=options.preconditions.uid,
        )
    )


async def log(request: web.Request) -> web.StreamResponse:
    """GET the log of a container, as it was written, to its end or as it grows."""
    wanted = _log_query(request)
    pod = read.one(request, PODS)
    source = choose(
        pod,
        query.text(request, "container"),
        previous=bool(query.boolean(request, "previous")),
        attempt=query.integer(request, "attempt"),
    )
    response = None
    async with aclosing(request.app[LOGS].read(pod, source, wanted)) as pieces:
        response = await answers.stream(request, "text/plain")
        async for piece in pieces:
            await response.write(piece)
    return response


def _log_query(request: web.Request) -> LogQuery:
    return LogQuery(
        follow=bool(query.boolean(request, "follow")),
        tail=query.integer(request, "tailLines"),
        since=_since(request),
        timestamps=bool(query.boolean(request, "timestamps")),
        limit=query.integer(request, "limitBytes", least=1),
    )


def _since(request: web.Request) -> float | None:
    seconds = query.integer(request, "sinceSeconds", least=1)
    moment = query.text(request, "sinceTime")
    if seconds is not None and moment:
        raise BadRequest("at most one of sinceTime or sinceSeconds may be specified")
    if seconds is not None:
        return time.time() - seconds
    if not moment:
        return None
    try:
        return parse_timestamp(moment)
    except ValueError as error:
        raise BadRequest(
            f'parameter sinceTime: "{moment}" is not a time',
            hint="write it as 2026-01-02T03:04:05Z",
        ) from error
