"""What a client asks first: versions, groups, resources, health.

Plain discovery, which every client accepts. /apis must answer 200, else new kubectls fail.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from aiohttp import web

from minipod import __version__
from minipod.api import answers, metrics
from minipod.api.resources import OWN_GROUP, RESOURCES

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
    """GET /apis: the groups besides Kubernetes' core."""
    groups = [_group(f"{OWN_GROUP}/v1"), _group(metrics.VERSION)]
    return answers.json(request, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})


def _group(api_version: str) -> JSON:
    name, _, version = api_version.partition("/")
    only = {"groupVersion": api_version, "version": version}
    return {"name": name, "versions": [only], "preferredVersion": only}


async def api_resources(request: web.Request) -> web.Response:
    """GET /api/v1: what the core group has."""
    log = {
        "name": "pods/log",
        "singularName": "",
        "namespaced": True,
        "kind": "Pod",
        "verbs": ["get"],
    }
    return _resource_list(request, "", [log])


async def own_resources(request: web.Request) -> web.Response:
    """GET /apis/minipod.dev/v1: what Kubernetes has no kind for."""
    return _resource_list(request, OWN_GROUP, [])


def _resource_list(request: web.Request, group: str, below: list[JSON]) -> web.Response:
    """Return a group's kinds, and what is `below` them."""
    entries = [_entry(resource) for resource in RESOURCES if resource.group == group] + below
    return answers.json(
        request,
        {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{group}/v1" if group else "v1",
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


async def healthy(_request: web.Request) -> web.Response:
    """GET /healthz."""
    return web.Response(text="ok")
