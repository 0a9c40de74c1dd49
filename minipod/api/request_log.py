"""A line in the server's log for each request that may change something."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from minipod.api.peers import peer

if TYPE_CHECKING:
    from minipod.api.read import Handler

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger("minipod.api")


@web.middleware
async def logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve a request, and say who asked for what, and how that ended."""
    if request.method in _READING:
        return await handler(request)
    began = time.monotonic()
    who = _who(request)
    response: web.StreamResponse | None = None
    try:
        response = await handler(request)
        return response
    finally:
        fields: dict[str, object] = {
            "verb": request.method,
            "path": request.path_qs,
            "code": "none" if response is None else response.status,
            "ms": round((time.monotonic() - began) * 1000),
            "error": _error(response),
        }
        _log.info("request", extra=fields | who)


def _error(response: web.StreamResponse | None) -> str | None:
    """Return the message of the Status that answers, if it tells of an error."""
    body = response.body if isinstance(response, web.Response) else None
    if response is None or response.status < 400 or not isinstance(body, bytes):
        return None
    try:
        return str(msgspec.json.decode(body)["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return None


def _who(request: web.Request) -> dict[str, int]:
    if request.transport is None:
        return {}
    try:
        pid, uid = peer(request.transport.get_extra_info("socket"))
    except (AttributeError, OSError):
        return {}
    return {"uid": uid, "pid": pid}
