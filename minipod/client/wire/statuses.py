"""Kubernetes `Status` objects, back to the errors that they were made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from minipod.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Expired,
    Forbidden,
    HostError,
    InvalidObject,
    MinipodError,
    NotFound,
    Problem,
    TimedOut,
    Unavailable,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from minipod.client.wire.http import Response

_BY_REASON: dict[str, type[MinipodError]] = {
    kind.reason: kind
    for kind in (
        AlreadyExists,
        BadRequest,
        Conflict,
        Expired,
        Forbidden,
        HostError,
        InvalidObject,
        NotFound,
        TimedOut,
        Unavailable,
        UnsupportedMediaType,
    )
}


def error_from(status: dict[str, Any]) -> MinipodError:
    """Return the error that a `Status` object tells of."""
    error = _error(status)
    error.server_reason = status.get("reason")
    return error


def _error(status: dict[str, Any]) -> MinipodError:
    message = str(status.get("message") or status.get("reason") or "the server gave no reason")
    details = status.get("details") or {}
    hint = details.get("hint")
    if causes := details.get("causes"):
        return InvalidObject(message, [_problem(cause) for cause in causes], hint=hint)
    return _BY_REASON.get(status.get("reason", ""), MinipodError)(message, hint=hint)


def error_of(response: Response) -> MinipodError:
    """Read an answer that is not a success, and return its error."""
    text = response.read()
    try:
        status = json.loads(text)
    except ValueError:
        status = None
    if not isinstance(status, dict):
        status = {"message": f"the server answered {response.status}"}
    return error_from(status)


def _problem(cause: dict[str, Any]) -> Problem:
    return Problem(cause.get("field", ""), cause.get("message", ""), cause.get("reason", ""))
