"""What a client may do, and as whom: all of it, as root, for nobody else gets in at the socket.

Kinds of authorization.k8s.io/v1 and authentication.k8s.io/v1, which `kubectl auth` asks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from minipod.api import answers, query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from minipod.api.read import Handler
    from minipod.model.pod import JSON

_ALL = ["*"]
_STATUSES: Final[Mapping[str, JSON]] = {
    "SelfSubjectAccessReview": {
        "allowed": True,
        "reason": "the API is for root alone, and root may do everything",
    },
    "SelfSubjectRulesReview": {
        "resourceRules": [{"verbs": _ALL, "apiGroups": _ALL, "resources": _ALL}],
        "nonResourceRules": [{"verbs": _ALL, "nonResourceURLs": _ALL}],
        "incomplete": False,
    },
    "SelfSubjectReview": {"userInfo": {"username": "root", "uid": "0"}},
}

REVIEWS: Final = {
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": "SelfSubjectRulesReview",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": "SelfSubjectReview",
}
"""The kind of question that is POSTed to each path."""


def reviewer(path: str) -> Handler:
    """Return the handler of POST of a question: the answer is the question with a status."""
    return partial(_review, path.removeprefix("/apis/").rpartition("/")[0], REVIEWS[path])


async def _review(version: str, kind: str, request: web.Request) -> web.Response:
    body = await query.manifest(request)
    asked: dict[str, Any] = query.decode(body, dict)
    answer = asked | {"apiVersion": version, "kind": kind, "status": _STATUSES[kind]}
    return answers.json(request, answer, code=201)
