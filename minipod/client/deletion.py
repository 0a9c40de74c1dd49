"""Which pods to delete, and waiting until they are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client import podview
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from minipod.client.api import Api
    from minipod.client.sources import Source

    JSON = dict[str, Any]


class Target(NamedTuple):
    """A pod to delete; with `uid`, only if it is still that one."""

    namespace: str
    name: str
    uid: str | None = None


def select(api: Api, namespace: str | None, selector: str | None) -> list[Target]:
    """Return the pods of a namespace, or of all, that have these labels."""
    pods = api.pods(namespace, selector)["items"]
    return [Target(*podview.key(pod), pod["metadata"]["uid"]) for pod in pods]


def of_sources(api: Api, sources: Iterable[Source], namespace: str | None) -> list[Target]:
    """Return the pods that manifests name. BadRequest if they name something else too."""
    objects = api.decode(sources, namespace)
    for one in objects:
        if one["kind"] != "Pod":
            raise BadRequest(f'cannot delete {one["kind"]} "{one["name"]}": only pods')
    return [Target(one["namespace"], one["name"]) for one in objects]


def wait(api: Api, pods: Sequence[JSON]) -> None:
    """Wait until these pods, as `delete_pod` returned them, are gone."""
    if not pods:
        return
    namespaces = {podview.key(pod)[0] for pod in pods}
    oldest = min(int(pod["metadata"]["resourceVersion"]) for pod in pods)
    api.wait_gone(
        namespaces.pop() if len(namespaces) == 1 else None,
        {pod["metadata"]["uid"] for pod in pods},
        str(oldest),
    )
