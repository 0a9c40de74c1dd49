"""What is done to the kernel, as it is done: the stream behind `minipod -v`."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from aiohttp import web

from minipod.api import answers, query
from minipod.api.keys import ENGINE
from minipod.api.status import About, success
from minipod.engine.trace import asked_by
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from typing import Any

    from minipod.api.read import Handler
    from minipod.engine.trace import Line

HEADER = "Minipod-Trace"
"""The header of a request whose steps the listener of this id is told of."""


@web.middleware
async def listened(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve a request in the name of the listener that its header names."""
    with asked_by(request.headers.get(HEADER)):
        return await handler(request)


async def listen(request: web.Request) -> web.StreamResponse:
    """GET /trace: a line of JSON for each step, until DELETE /trace, or the client goes."""
    async with aclosing(request.app[ENGINE].trace.listen(_asker(request))) as steps:
        await anext(steps)
        response = await answers.stream(request, "application/x-ndjson")
        async for lines in steps:
            await response.write(b"".join(answers.line(_as_json(line)) for line in lines))
    return response


async def end(request: web.Request) -> web.Response:
    """DELETE /trace: the stream ends with what has been done by now."""
    request.app[ENGINE].trace.end(_asker(request))
    return answers.json(request, success(About("trace")))


def _asker(request: web.Request) -> str:
    asker = query.text(request, "id")
    if not asker:
        raise BadRequest("parameter id: must be given")
    return asker


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "time": line.time,
        "namespace": line.pod.namespace if line.pod else None,
        "pod": line.pod.name if line.pod else None,
        **line.deed._asdict(),
        "seconds": line.took,
    }
