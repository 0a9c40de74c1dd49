"""Deletion of namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.api import answers, query, read
from minipod.api.keys import ENGINE
from minipod.api.resources import NAMESPACES

if TYPE_CHECKING:
    from aiohttp import web


async def delete(request: web.Request) -> web.Response:
    """DELETE a namespace: its end begins, and that of all that is in it."""
    options = await query.delete_options(request)
    obj = read.one(request, NAMESPACES)
    name = obj["metadata"]["name"]
    options.preconditions.check(NAMESPACES.plural, obj["metadata"])
    namespaces = request.app[ENGINE].namespaces
    namespaces.check_deletable(name)
    if not query.dry_run(options.dry_run or []):
        obj = namespaces.delete(name, options.preconditions.uid)
    return answers.json(request, obj)
