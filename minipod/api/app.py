"""The application: routes, and what holds for every request (admission, errors, paths)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from minipod.api import answers
from minipod.api.changes import Changes
from minipod.api.keys import CHANGES, ENGINE, LOGS
from minipod.api.peers import admission
from minipod.api.request_log import logged, tell_bad_http_in_a_line
from minipod.api.routes import routes
from minipod.api.status import About, status_of
from minipod.api.trace import listened
from minipod.engine.logs import Logs
from minipod.model.root import Root

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from aiohttp.typedefs import Middleware

    from minipod.api.peers import Admission
    from minipod.api.read import Handler
    from minipod.engine import Engine

MAX_BODY = 64 << 20
"""Bytes of a request: many manifests of the size that Kubernetes takes (3 MB each)."""

BACKLOG = 1024
"""Connections that wait to be accepted: more at once are refused to clients that do not block."""

SHUTDOWN = 1.0
"""Seconds that open requests get when the server ends; watches and followed logs use them up."""


def make_app(engine: Engine, *, admit: Admission | None = None) -> web.Application:
    """Return the API of an engine. `admit` judges a connection's peer: root, and not from a pod."""
    guard = admit or admission(Root(engine.info.root).id)
    app = web.Application(
        middlewares=[logged, _errors, _admitted(guard), listened],
        client_max_size=MAX_BODY,
    )
    app[ENGINE] = engine
    app[CHANGES] = Changes()
    app[LOGS] = Logs(engine.store, engine.pod_folder)
    for route in routes():
        app.router.add_route(route.method, route.path, route.handler)
        # The Python client asks with a slash behind.
        app.router.add_route(route.method, f"{route.path}/", route.handler)
    app.cleanup_ctx.append(_lifetime)
    return app


async def serve(app: web.Application, sock: socket.socket) -> web.AppRunner:
    """Answer on a listening or bound socket, until the runner's `cleanup`."""
    tell_bad_http_in_a_line()
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN,
    )
    await runner.setup()
    await listen(runner, sock)
    return runner


async def listen(runner: web.AppRunner, sock: socket.socket) -> None:
    """Answer on this socket, and no more on an earlier one."""
    for site in list(runner.sites):
        await site.stop()
    await web.SockSite(runner, sock, backlog=BACKLOG).start()


async def _lifetime(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[CHANGES].close()
    app[LOGS].close()


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a Status."""
    try:
        return await handler(request)
    except Exception as error:
        if request.transport is None or request.transport.is_closing():
            return web.Response()  # nobody listens; raised, it would be logged as our error
        status = status_of(error, _about(request))
        if request.writer.output_size > 0:
            raise  # an answer has begun: all that is left is to break it off
        return answers.json(request, status, code=status["code"])


def _about(request: web.Request) -> About:
    """Return the object that a path names."""
    resource = request.match_info.route.resource
    steps = resource.canonical.split("/") if resource is not None else []
    if "{name}" not in steps:
        return About()
    return About(steps[steps.index("{name}") - 1], request.match_info["name"])


def _admitted(admit: Admission) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.transport is None:
            raise ConnectionResetError("the client has gone")
        admit(request.transport.get_extra_info("socket"))
        return await handler(request)

    return check
