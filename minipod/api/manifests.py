"""Bodies with manifests, and the names that are in them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from minipod.api import answers, query
from minipod.manifest import Source, names

if TYPE_CHECKING:
    from aiohttp import web


class SourceText(msgspec.Struct, frozen=True):
    """A text with manifests, and the name that errors call it by."""

    name: str
    text: str


class Manifests(msgspec.Struct, frozen=True, rename="camel"):
    """The body of POST /manifests, /lint, /decode; the parameter `namespace` is the user's -n."""

    sources: list[SourceText]
    default_namespace: str = "default"


class Asked(NamedTuple):
    """The texts of a request, and the namespace of objects that name none."""

    sources: list[Source]
    namespace: str
    explicit: bool


async def identify(request: web.Request) -> web.Response:
    """POST manifests, and learn which objects they speak of: for `delete -f`."""
    given = await asked(request)
    found = await asyncio.to_thread(
        names,
        given.sources,
        default_namespace=given.namespace,
        namespace_is_explicit=given.explicit,
    )
    return answers.json(request, {"objects": [reference._asdict() for reference in found]})


async def asked(request: web.Request) -> Asked:
    """Return what a body of manifests asks for. BadRequest."""
    body: Manifests = query.decode(await request.read(), Manifests)
    namespace = query.text(request, "namespace")
    sources = [Source(each.name, each.text) for each in body.sources]
    return Asked(sources, namespace or body.default_namespace, explicit=bool(namespace))
