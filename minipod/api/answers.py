"""Answers: JSON, warnings, streams."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from minipod.api import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WARNINGS_AT_MOST = 4096
"""Characters of all warnings of an answer."""

HEADERS_AT_MOST = 64
"""Warnings of an answer, each a header: Python's clients refuse a head of more than a hundred."""

WARNING_AT_MOST = 256
"""Characters of one warning, where they are too many."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_encode = msgspec.json.Encoder().encode


def json(
    request: web.Request, value: Any, *, code: int = 200, warnings: Iterable[str] = ()
) -> web.Response:
    """Return an answer of JSON; indented for `?pretty=true` and for curl, as Kubernetes does."""
    body = _encode(value)
    if _is_for_a_person(request):
        body = msgspec.json.format(body, indent=2) + b"\n"
    response = web.Response(body=body, status=code, content_type="application/json")
    for text in bounded([*warnings]):
        response.headers.add("Warning", warning(text))
    return response


def bounded(warnings: Sequence[str]) -> list[str]:
    """Return the warnings that an answer's head has room for: cut, and the rest counted.

    The lengths are the API server's (k8s.io/apiserver/pkg/endpoints/filters/warning.go).
    """
    if len(warnings) <= HEADERS_AT_MOST and sum(map(len, warnings)) <= WARNINGS_AT_MOST:
        return [*warnings]
    told = [text[:WARNING_AT_MOST] for text in warnings]
    ends = accumulate(map(len, told))
    fitting = [text for text, end in zip(told, ends, strict=True) if end <= WARNINGS_AT_MOST]
    fitting = fitting[:HEADERS_AT_MOST]
    more = len(told) - len(fitting)
    return [*fitting, f"{more} more warnings are not shown"] if more else fitting


def warning(text: str) -> str:
    """Return the value of a `Warning` header (RFC 7234, 5.5) with a text, on one line.

    A control character would end the connection: a person gets to see it as a number.
    """
    line = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{_CONTROL.sub(lambda found: f"<{ord(found[0]):02x}>", line)}"'


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
