"""Answers: JSON, warnings, streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from minipod.api import query

if TYPE_CHECKING:
    from collections.abc import Iterable

_encode = msgspec.json.Encoder().encode


def json(
    request: web.Request, value: Any, *, code: int = 200, warnings: Iterable[str] = ()
) -> web.Response:
    """Return an answer of JSON; indented for `?pretty=true` and for curl, as Kubernetes does."""
    body = _encode(value)
    if _is_for_a_person(request):
        body = msgspec.json.format(body, indent=2) + b"\n"
    response = web.Response(body=body, status=code, content_type="application/json")
    for text in warnings:
        response.headers.add("Warning", warning(text))
    return response


def warning(text: str) -> str:
    """Return the value of a `Warning` header (RFC 7234, 5.5) with a text, on one line."""
    line = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{line}"'


def line(value: Any) -> bytes:
    """Return one line of a stream of JSON values."""
    return _encode(value) + b"\n"


async def stream(request: web.Request, content_type: str) -> web.StreamResponse:
    """Begin an answer that is sent as it comes; its head goes out at once."""
    response = web.StreamResponse(headers={"Content-Type": content_type})
    if request.version >= (1, 1):
        response.enable_chunked_encoding()
    await response.prepare(request)
    return response


def _is_for_a_person(request: web.Request) -> bool:
    wanted = query.boolean(request, "pretty")
    if wanted is None:
        return request.headers.get("User-Agent", "").startswith("curl/")
    return wanted
