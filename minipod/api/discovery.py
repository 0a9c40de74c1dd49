"""What a client asks first: versions, groups, resources, health.

Plain discovery, which every client accepts. /apis must answer 200, else new kubectls fail; an empty
/openapi/v2 satisfies their check of manifests, which the server does anyway.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from aiohttp import web

from minipod import __version__
from minipod.api import answers
from minipod.api.resources import RESOURCES

if TYPE_CHECKING:
    from minipod.api.resources import Resource
    from minipod.model.pod import JSON

KUBERNETES = ("1", "32")
"""The Kubernetes version whose conventions the API follows."""


async def version(request: web.Request) -> web.Response:
    """GET /version."""
    major, minor = KUBERNETES
    info = {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.0+minipod.{__version__}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": platform.python_implementation(),
        "platform": f"linux/{platform.machine()}",
    }
    return answers.json(request, info)


async def api_versions(request: web.Request) -> web.Response:
    """GET /api: the versions of the core group."""
    return answers.json(
        request, {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    )


async def api_groups(request: web.Request) -> web.Response:
    """GET /apis: no other group is Kubernetes'."""
    return answers.json(request, {"kind": "APIGroupList", "apiVersion": "v1", "groups": []})


async def api_resources(request: web.Request) -> web.Response:
    """GET /api/v1: what the core group has."""
    entries = [_entry(resource) for resource in RESOURCES]
    entries.append(
        {
            "name": "pods/log",
            "singularName": "",
            "namespaced": True,
            "kind": "Pod",
            "verbs": ["get"],
        }
    )
    return answers.json(
        request,
        {
            "kind": "APIResourceList",
            "groupVersion": "v1",
            "resources": sorted(entries, key=lambda entry: str(entry["name"])),
        },
    )


def _entry(resource: Resource) -> JSON:
    return {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": sorted(resource.verbs),
        "shortNames": list(resource.short_names),
        **({"categories": ["all"]} if resource.kind == "Pod" else {}),
    }


async def openapi(_request: web.Request) -> web.Response:
    """GET /openapi/v2: nothing, which clients take as no schema."""
    return web.Response(body=b"", content_type="application/json")


async def healthy(_request: web.Request) -> web.Response:
    """GET /healthz."""
    return web.Response(text="ok")
