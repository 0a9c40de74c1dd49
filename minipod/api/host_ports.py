"""Host ports of pods that run: added, and removed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from minipod.api import answers, query
from minipod.api.keys import CHANGES, ENGINE
from minipod.errors import BadRequest
from minipod.model.host_ports import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from minipod.model.host_ports import HostPort

_HINT = "as 8080:80, 127.0.0.1:8080:80 or 5353:53/udp"


class Ports(msgspec.Struct, frozen=True):
    """The body of PUT and DELETE: `[IP:]HOST:POD[/PROTOCOL]` each."""

    ports: list[str]


async def expose(request: web.Request) -> web.Response:
    """PUT /hostports: these lead to the pod from now on, besides those that do already."""
    ports = await _ports(request)
    exposure = request.app[ENGINE].exposure
    warnings = await request.app[CHANGES].finish(exposure.add(*_pod(request), ports))
    return answers.json(request, _told(ports), warnings=warnings)


async def unexpose(request: web.Request) -> web.Response:
    """DELETE /hostports: these lead to the pod no more."""
    ports = await _ports(request)
    exposure = request.app[ENGINE].exposure
    warnings = await request.app[CHANGES].finish(exposure.remove(*_pod(request), ports))
    return answers.json(request, _told(ports), warnings=warnings)


async def _ports(request: web.Request) -> list[HostPort]:
    body: Ports = query.decode(await request.read(), Ports)
    try:
        return [parse(text) for text in body.ports]
    except ValueError as error:
        raise BadRequest(f"cannot read a port: {error}", hint=_HINT) from error


def _pod(request: web.Request) -> tuple[str, str]:
    return request.match_info["namespace"], request.match_info["name"]


def _told(ports: Iterable[HostPort]) -> dict[str, list[dict[str, object]]]:
    return {
        "items": [
            {
                "protocol": port.protocol,
                "hostIP": port.host_ip,
                "hostPort": port.host_port,
                "containerPort": port.container_port,
            }
            for port in ports
        ]
    }
