"""GET /openapi: what a client learns of kinds, fields and operations.

`kubectl explain` shows it; kubectl also sees by it that the server checks fields itself, and sends
manifests for that. Version 2 is empty, which clients take as no schema.
"""

from __future__ import annotations

import asyncio
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from minipod.api import answers, metrics
from minipod.api.openapi_document import document
from minipod.api.resources import RESOURCES
from minipod.errors import NotFound

if TYPE_CHECKING:
    from minipod.api.resources import Resource

V3 = "/openapi/v3"
_FOR_EVER = {"Cache-Control": "public, immutable, max-age=31536000"}
"""A path with a hash never answers anything else."""


async def v2(_request: web.Request) -> web.Response:
    """GET /openapi/v2."""
    return web.Response(body=b"", content_type="application/json")


async def v3(request: web.Request) -> web.Response:
    """GET /openapi/v3: the groups, and where the document of each is."""
    paths = {
        path.lstrip("/"): {"serverRelativeURL": f"{V3}{path}?hash={sha256(body).hexdigest()}"}
        for path, body in (await asyncio.to_thread(_documents)).items()
    }
    return answers.json(request, {"paths": paths})


async def v3_group(request: web.Request) -> web.Response:
    """GET the document of a group."""
    documents = await asyncio.to_thread(_documents)
    body = documents.get(request.path.removeprefix(V3).rstrip("/"))
    if body is None:
        raise NotFound("the server could not find the requested resource")
    headers = _FOR_EVER if "hash" in request.query else None
    return web.Response(body=body, content_type="application/json", headers=headers)


@cache
def _documents() -> dict[str, bytes]:
    """Return the document of each group by its path, made when it is first asked for."""
    groups: dict[str, list[Resource]] = {}
    for resource in (*RESOURCES, *metrics.RESOURCES):
        above = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
        groups.setdefault(above, []).append(resource)
    return {path: msgspec.json.encode(document(kinds)) for path, kinds in groups.items()}
