"""Every path that the API answers: a table of method, path, handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.api import (
    access,
    changing,
    connections,
    creating,
    discovery,
    events,
    host_ports,
    lint,
    manifests,
    metrics,
    namespaces,
    openapi,
    own,
    pods,
    read,
    submitting,
    trace,
)
from minipod.api.resources import EVENTS, NAMESPACES, PODS, RESOURCES
from minipod.manifest import NAMESPACE, POD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.api.read import Handler


class Route(NamedTuple):
    """What is answered by whom."""

    method: str
    path: str
    handler: Handler


_POD_LIST = PODS.collections[-1]
_HOST_PORTS = f"{own.PREFIX}/namespaces/{{namespace}}/pods/{{name}}/hostports"

ROUTES = (
    Route("GET", "/version", discovery.version),
    Route("GET", "/healthz", discovery.healthy),
    Route("GET", "/livez", discovery.healthy),
    Route("GET", "/readyz", discovery.healthy),
    Route("GET", "/api", discovery.api_versions),
    Route("GET", "/apis", discovery.api_groups),
    Route("GET", "/api/v1", discovery.api_resources),
    Route("GET", own.PREFIX, discovery.own_resources),
    Route("GET", metrics.PREFIX, metrics.resources),
    Route("GET", f"{metrics.PREFIX}/nodes", metrics.list_nodes),
    Route("GET", f"{metrics.PREFIX}/nodes/{{name}}", metrics.get_node),
    Route("GET", f"{metrics.PREFIX}/pods", metrics.list_pods),
    Route("GET", f"{metrics.PREFIX}/namespaces/{{namespace}}/pods", metrics.list_pods),
    Route("GET", f"{metrics.PREFIX}/namespaces/{{namespace}}/pods/{{name}}", metrics.get_pod),
    Route("GET", "/openapi/v2", openapi.v2),
    Route("GET", openapi.V3, openapi.v3),
    Route("GET", f"{openapi.V3}/api/{{version}}", openapi.v3_group),
    Route("GET", f"{openapi.V3}/apis/{{group}}/{{version}}", openapi.v3_group),
    Route("POST", _POD_LIST, creating.creator(POD)),
    Route("DELETE", _POD_LIST, pods.delete_collection),
    Route("DELETE", PODS.item, pods.delete),
    Route("PUT", PODS.item, changing.replacer(PODS)),
    Route("PATCH", PODS.item, changing.patcher(PODS)),
    Route("GET", f"{PODS.item}/log", pods.log),
    Route("DELETE", EVENTS.collections[-1], events.delete_collection),
    Route("DELETE", EVENTS.item, events.delete),
    Route("POST", NAMESPACES.collections[0], creating.creator(NAMESPACE)),
    Route("DELETE", NAMESPACES.item, namespaces.delete),
    Route("PUT", NAMESPACES.item, changing.replacer(NAMESPACES)),
    Route("PATCH", NAMESPACES.item, changing.patcher(NAMESPACES)),
    Route("POST", f"{own.PREFIX}/manifests", submitting.submit),
    Route("POST", f"{own.PREFIX}/decode", manifests.identify),
    Route("POST", f"{own.PREFIX}/lint", lint.lint),
    Route("PUT", _HOST_PORTS, host_ports.expose),
    Route("DELETE", _HOST_PORTS, host_ports.unexpose),
    Route("GET", f"{own.PREFIX}/images", own.list_images),
    Route("PUT", f"{own.PREFIX}/images", own.map_image),
    Route("DELETE", f"{own.PREFIX}/images", own.unmap_image),
    Route("GET", f"{own.PREFIX}/ports", own.list_ports),
    Route("GET", f"{own.PREFIX}/doctor", own.doctor),
    Route("PUT", f"{own.PREFIX}/network", own.want_network),
    Route("GET", f"{own.PREFIX}/trace", trace.listen),
    Route("DELETE", f"{own.PREFIX}/trace", trace.end),
    Route("GET", f"{own.PREFIX}/server", own.server_info),
    Route("POST", f"{own.PREFIX}/server/stop", own.stop_server),
    Route("POST", f"{own.PREFIX}/purge", own.purge),
)


def routes() -> Iterator[Route]:
    """Yield the table, questions of rights, what is refused with an advice, and all reads."""
    yield from ROUTES
    for path in access.REVIEWS:
        yield Route("POST", path, access.reviewer(path))
    for subresource in connections.COMMANDS:
        for method in ("GET", "POST"):
            path = f"{PODS.item}/{subresource}"
            yield Route(method, path, connections.refuser(subresource))
    for resource in RESOURCES:
        for path in resource.collections:
            yield Route("GET", path, read.lister(resource))
        yield Route("GET", resource.item, read.getter(resource))
