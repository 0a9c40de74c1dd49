"""A line in the server's log for each request that may change something."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.log import server_logger

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


def tell_bad_http_in_a_line() -> None:
    """Have the log say of bytes that are no HTTP that they came: aiohttp adds a traceback."""
    server_logger.addFilter(_in_a_line)


def _in_a_line(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, BadHttpMessage):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = (
            "a request that is no HTTP: %s",
            (" ".join(error.message.split()),),
        )
        record.exc_info = None
    return True


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
