"""Deletion of namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.api import answers, query, read
from minipod.api.keys import ENGINE
from minipod.api.resources import NAMESPACES
from minipod.errors import Conflict

if TYPE_CHECKING:
    from aiohttp import web


async def delete(request: web.Request) -> web.Response:
    """DELETE a namespace: its end begins, and that of all that is in it."""
    options = await query.delete_options(request)
    obj = read.one(request, NAMESPACES)
    metadata, wanted = obj["metadata"], options.preconditions
    if wanted.resource_version not in (None, metadata["resourceVersion"]):
        raise Conflict(
            f'cannot delete namespace "{metadata["name"]}": it was changed meanwhile',
            hint="read it again before you delete it",
        )
    if not query.dry_run(options.dry_run or []):
        obj = request.app[ENGINE].namespaces.delete(metadata["name"], wanted.uid)
    return answers.json(request, obj)
