"""What Kubernetes has no words for, below /apis/minipod.dev/v1: images, ports, the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from minipod.api import answers, query
from minipod.api.keys import CHANGES, ENGINE
from minipod.api.resources import OWN_GROUP
from minipod.api.status import About, success
from minipod.errors import BadRequest
from minipod.plan.addresses import parse_cluster_cidr

if TYPE_CHECKING:
    from aiohttp import web

PREFIX = f"/apis/{OWN_GROUP}/v1"


class NetworkWish(msgspec.Struct, frozen=True, rename={"cluster_cidr": "clusterCIDR"}):
    """The body of PUT /network."""

    cluster_cidr: str


class ImageMapping(msgspec.Struct, frozen=True):
    """The body of PUT /images."""

    pattern: str
    command: list[str]


async def list_images(request: web.Request) -> web.Response:
    """GET /images."""
    return answers.json(request, {"images": request.app[ENGINE].images.list()})


async def map_image(request: web.Request) -> web.Response:
    """PUT /images."""
    mapping = query.decode(await request.read(), ImageMapping)
    request.app[ENGINE].images.map(mapping.pattern, mapping.command)
    return answers.json(request, success(About("images", mapping.pattern)))


async def unmap_image(request: web.Request) -> web.Response:
    """DELETE /images."""
    pattern = query.text(request, "pattern")
    if not pattern:
        raise BadRequest("parameter pattern: must be given")
    request.app[ENGINE].images.unmap(pattern)
    return answers.json(request, success(About("images", pattern)))


async def list_ports(request: web.Request) -> web.Response:
    """GET /ports."""
    namespace, pod = query.text(request, "namespace"), query.text(request, "pod")
    if pod and not namespace:
        raise BadRequest("parameter pod: needs the parameter namespace")
    rows = await request.app[ENGINE].ports(namespace or None, pod or None)
    return answers.json(request, {"items": rows})


async def doctor(request: web.Request) -> web.Response:
    """GET /doctor: measures what is not known yet, which takes some seconds."""
    measure = query.boolean(request, "measure") or False
    return answers.json(request, await request.app[ENGINE].doctor.report(measure=measure))


async def want_network(request: web.Request) -> web.Response:
    """PUT /network: where the pods' addresses are to be; the answer says where they are."""
    wish = query.decode(await request.read(), NetworkWish)
    block = await request.app[ENGINE].want_network(parse_cluster_cidr(wish.cluster_cidr))
    return answers.json(request, {"clusterCIDR": str(block)})


async def server_info(request: web.Request) -> web.Response:
    """GET /server."""
    info = request.app[ENGINE].info
    return answers.json(
        request,
        {"pid": info.pid, "socket": info.socket, "root": info.root, "version": info.version},
    )


async def stop_server(request: web.Request) -> web.Response:
    """POST /server/stop: the server ends after this answer; pods run on."""
    await request.app[ENGINE].stop()
    return answers.json(request, success(About("server")))


async def purge(request: web.Request) -> web.Response:
    """POST /purge: everything that minipod owns in this root."""
    await request.app[CHANGES].finish(request.app[ENGINE].purge())
    return answers.json(request, success(About("root", request.app[ENGINE].info.root)))
