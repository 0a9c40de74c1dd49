"""Errors as Kubernetes' `Status` objects."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

from minipod.errors import InvalidObject, MinipodError

if TYPE_CHECKING:
    from minipod.errors import Problem
    from minipod.model.pod import JSON

_log = logging.getLogger(__name__)


class About(NamedTuple):
    """The object that a request is about, for the details of its errors."""

    kind: str = ""
    name: str = ""


class _Foreign(NamedTuple):
    """Kubernetes' words for an answer that HTTP itself knows."""

    reason: str
    message: str


_FOREIGN = {
    404: _Foreign("NotFound", "the server could not find the requested resource"),
    405: _Foreign(
        "MethodNotAllowed", "the server does not allow this method on the requested resource"
    ),
    413: _Foreign("RequestEntityTooLarge", "the request is too large"),
}


def status_of(error: Exception, about: About = About()) -> JSON:  # noqa: B008 (it is frozen)
    """Return the `Status` that tells of an error; a bug is logged here and told without inside."""
    if isinstance(error, MinipodError):
        return failure(error.status, error.reason, error.message, _details(error, about))
    if isinstance(error, web.HTTPException):
        foreign = _FOREIGN.get(error.status)
        if foreign is None:
            phrase = HTTPStatus(error.status).phrase
            foreign = _Foreign(phrase.replace(" ", ""), phrase.lower())
        return failure(error.status, foreign.reason, foreign.message, _unexpected(error))
    _log.error("a request failed", exc_info=error)
    hint = {"hint": "server.log in the root's folder has more"}
    return failure(500, "InternalError", "an internal error of minipod", hint)


def success(about: About) -> JSON:
    """Return the `Status` of something done that has no object to show."""
    details = {key: value for key, value in about._asdict().items() if value}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        **({"details": details} if details else {}),
    }


def failure(code: int, reason: str, message: str, details: JSON) -> JSON:
    """Return a `Status` of status Failure."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        **({"details": details} if details else {}),
        "code": code,
    }


def _unexpected(error: web.HTTPException) -> JSON:
    """Return what Kubernetes' clients make of such an answer; kubectl debug reads it unasked."""
    told = f"{error.status}: {HTTPStatus(error.status).phrase}"
    return {"causes": [{"reason": "UnexpectedServerResponse", "message": told}]}


def _details(error: MinipodError, about: About) -> JSON:
    """Return name and kind, Kubernetes' causes, and minipod's `hint`."""
    if isinstance(error, InvalidObject) and any(error.of):
        about = About(*error.of)  # the kind, not the resource, as in Kubernetes
    details: JSON = {key: value for key, value in about._asdict().items() if value}
    if isinstance(error, InvalidObject) and error.problems:
        details["causes"] = [_cause(problem) for problem in error.problems]
    if error.hint:
        details["hint"] = error.hint
    return details


def _cause(problem: Problem) -> JSON:
    return {"reason": problem.reason, "message": problem.message, "field": problem.field}
