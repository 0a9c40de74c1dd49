"""The metrics API (metrics.k8s.io/v1beta1), which `top` asks: what runs now, and what it uses."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from minipod.api import answers, read
from minipod.api.keys import ENGINE
from minipod.api.resources import NODES, PODS, Resource
from minipod.errors import NotFound
from minipod.model.times import timestamp
from minipod.model.usage import MACHINE, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aiohttp import web

    from minipod.model.pod import JSON
    from minipod.model.usage import Usage

GROUP = "metrics.k8s.io"
VERSION = f"{GROUP}/v1beta1"
PREFIX = f"/apis/{VERSION}"
RESOURCES = tuple(
    Resource(
        kind,
        plural,
        singular="",
        short_names=(),
        namespaced=namespaced,
        verbs=("get", "list"),
        fields={},
        group=GROUP,
        version="v1beta1",
    )
    for kind, plural, namespaced in (("NodeMetrics", "nodes", False), ("PodMetrics", "pods", True))
)


async def resources(request: web.Request) -> web.Response:
    """GET the group: nodes and pods."""
    entries = [
        {
            "name": each.plural,
            "singularName": each.singular,
            "namespaced": each.namespaced,
            "kind": each.kind,
            "verbs": each.verbs,
        }
        for each in RESOURCES
    ]
    head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": VERSION}
    return answers.json(request, head | {"resources": entries})


async def list_pods(request: web.Request) -> web.Response:
    """GET what the pods of a namespace use, or of all; those in which nothing runs are left out."""
    items = await _pods(request, read.many(request, read.scope(request, PODS)))
    return answers.json(request, _list("PodMetricsList", items))


async def get_pod(request: web.Request) -> web.Response:
    """GET what a pod uses. NotFound also if nothing runs in it."""
    items = await _pods(request, [read.one(request, PODS)])
    if not items:
        where, name = request.match_info["namespace"], request.match_info["name"]
        raise NotFound(f'podmetrics.{GROUP} "{where}/{name}" not found')
    return answers.json(request, _head("PodMetrics") | items[0])


async def list_nodes(request: web.Request) -> web.Response:
    """GET what the nodes use: all there is on the machine."""
    nodes = read.many(request, read.scope(request, NODES))
    items = [await _node(request, node) for node in nodes]
    return answers.json(request, _list("NodeMetricsList", items))


async def get_node(request: web.Request) -> web.Response:
    """GET what a node uses."""
    item = await _node(request, read.one(request, NODES))
    return answers.json(request, _head("NodeMetrics") | item)


async def _pods(request: web.Request, pods: Iterable[JSON]) -> list[JSON]:
    places = {pod["metadata"]["uid"]: _running(pod) for pod in pods}
    wanted = [place for each in places.values() for place in each]
    used = await request.app[ENGINE].gauge.usage(wanted)
    return [
        _measured(pod, window=max(used[place].window for place in running))
        | {
            "containers": [
                {"name": place.container, "usage": _usage(used[place])} for place in running
            ]
        }
        for pod in pods
        if (running := places[pod["metadata"]["uid"]])
    ]


async def _node(request: web.Request, node: JSON) -> JSON:
    used = (await request.app[ENGINE].gauge.usage([MACHINE]))[MACHINE]
    return _measured(node, window=used.window) | {"usage": _usage(used)}


def _running(pod: JSON) -> list[Place]:
    statuses: Collection[JSON] = pod.get("status", {}).get("containerStatuses", ())
    return [
        Place(pod["metadata"]["uid"], each["name"])
        for each in statuses
        if "running" in each.get("state", {})
    ]


def _measured(obj: JSON, *, window: float) -> JSON:
    """Return the head of an object's metrics; `window` is in seconds."""
    metadata = {
        name: obj["metadata"][name]
        for name in ("name", "namespace", "labels")
        if name in obj["metadata"]
    }
    now = timestamp(time.time())
    return {
        "metadata": metadata | {"creationTimestamp": now},
        "timestamp": now,
        "window": f"{window:.3f}s",
    }


def _usage(used: Usage) -> JSON:
    return {"cpu": f"{math.ceil(used.cores * 1e9)}n", "memory": f"{used.memory // 1024}Ki"}


def _list(kind: str, items: list[JSON]) -> JSON:
    return _head(kind) | {"metadata": {}, "items": items}


def _head(kind: str) -> JSON:
    return {"kind": kind, "apiVersion": VERSION}
