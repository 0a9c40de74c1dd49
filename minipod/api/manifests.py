"""Creation: one pod as Kubernetes does it, or all that a user's files hold, told as it happens."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from minipod.api import answers, query
from minipod.api.keys import CHANGES, ENGINE
from minipod.api.status import About, status_of
from minipod.errors import NotFound
from minipod.manifest import (
    SUFFIX_LENGTH,
    SUFFIX_LETTERS,
    Source,
    decode,
    decode_pod,
    generated_name,
    names,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Sequence

    from aiohttp import web

    from minipod.model.pod import JSON

AT_ONCE = 4
"""Pods in flight: one at a time takes 7 ms a pod, four 4.2, more are no faster."""


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


class _Created(NamedTuple):
    obj: JSON
    warnings: tuple[str, ...]


async def create_one(request: web.Request) -> web.Response:
    """POST a pod: 201 when its first start is over, well or not."""
    namespace = request.match_info["namespace"]
    validation = query.validation(request)
    dry_run = query.dry_run(request.query.getall("dryRun", []))
    body = await query.manifest(request)
    pod = await asyncio.to_thread(decode_pod, body, namespace=namespace, validation=validation)
    obj = named(pod.obj)
    if dry_run:
        return answers.json(request, obj, code=201, warnings=pod.warnings)
    created = await _create(request, obj)
    return answers.json(request, created.obj, code=201, warnings=(*pod.warnings, *created.warnings))


async def create_all(request: web.Request) -> web.StreamResponse:
    """POST manifests: nothing if any is invalid, else one line for each, in their order."""
    dry_run = query.dry_run(request.query.getall("dryRun", []))
    given = await asked(request)
    strict_ports = bool(query.boolean(request, "strictPorts"))
    decoded = await asyncio.to_thread(
        decode,
        given.sources,
        default_namespace=given.namespace,
        namespace_is_explicit=given.explicit,
        strict_ports=strict_ports,
    )
    response = await answers.stream(request, "application/x-ndjson")
    await response.write(b"".join(map(_warning, decoded.warnings)))
    objects = [named(document.obj) for document in decoded.objects]
    if dry_run:
        await response.write(b"".join(map(_created, objects)))
        return response
    async with aclosing(_in_order([_told(request, obj) for obj in objects])) as stream:
        async for lines in stream:
            await response.write(lines)
    return response


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


def named(obj: JSON) -> JSON:
    """Return a pod with a name: its own, or one made from `generateName`."""
    metadata = obj["metadata"]
    if metadata.get("name"):
        return obj
    suffix = "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))
    name = generated_name(metadata["generateName"], suffix)
    return obj | {"metadata": metadata | {"name": name}}


async def asked(request: web.Request) -> Asked:
    """Return what a body of manifests asks for. BadRequest."""
    body: Manifests = query.decode(await request.read(), Manifests)
    namespace = query.text(request, "namespace")
    sources = [Source(each.name, each.text) for each in body.sources]
    return Asked(sources, namespace or body.default_namespace, explicit=bool(namespace))


async def _create(request: web.Request, obj: JSON) -> _Created:
    """Create a pod and wait until its first start is over."""
    engine = request.app[ENGINE]
    created = await request.app[CHANGES].finish(engine.create_pod(obj))
    metadata = obj["metadata"]
    try:
        settled = await engine.settled(metadata["namespace"], metadata["name"])
    except NotFound:
        settled = created.obj  # somebody has deleted it already
    return _Created(settled, created.warnings)


async def _told(request: web.Request, obj: JSON) -> bytes:
    """Create a pod, and return the lines that tell what came of it."""
    try:
        created = await _create(request, obj)
    except Exception as error:  # noqa: BLE001 (logged there; the other pods go on)
        about = About("pods", obj["metadata"]["name"])
        return answers.line({"type": "ERROR", "status": status_of(error, about)})
    return b"".join(map(_warning, created.warnings)) + _created(created.obj)


def _warning(text: str) -> bytes:
    return answers.line({"type": "WARNING", "message": text})


def _created(obj: JSON) -> bytes:
    return answers.line({"type": "CREATED", "object": obj})


async def _in_order(jobs: Sequence[Coroutine[None, None, bytes]]) -> AsyncGenerator[bytes, None]:
    """Run jobs, a few at once, and yield their results in the jobs' order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(job: Coroutine[None, None, bytes]) -> bytes:
        async with slots:
            return await job

    tasks = [asyncio.create_task(run(job)) for job in jobs]
    try:
        for task in tasks:
            await asyncio.wait([task])  # cancelled, this leaves the task's slot where it is
            yield task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in jobs:
            job.close()
