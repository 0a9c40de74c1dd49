"""Which kinds the server has: its discovery, as any client of Kubernetes reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from minipod.client.api import Api

    JSON = dict[str, Any]


class Served(NamedTuple):
    """A kind as the server tells of it."""

    name: str
    short_names: tuple[str, ...]
    api_version: str
    namespaced: bool
    kind: str
    verbs: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def group(self) -> str:
        """The API's group: "" is Kubernetes' own core."""
        return self.api_version.rpartition("/")[0]

    @property
    def qualified(self) -> str:
        """The name with its group, as a command line takes it."""
        return f"{self.name}.{self.group}" if self.group else self.name


def api_versions(api: Api) -> list[str]:
    """Return every group with its version, sorted as text."""
    groups = api.raw("/apis")["groups"]
    served = [each["groupVersion"] for group in groups for each in group["versions"]]
    return sorted([*api.raw("/api")["versions"], *served])


def resources(api: Api) -> list[Served]:
    """Return the kinds of all groups, by group and name, without what is below another."""
    found = [
        _served(version, each)
        for version in api_versions(api)
        for each in api.raw(f"/apis/{version}" if "/" in version else f"/api/{version}")[
            "resources"
        ]
        if "/" not in each["name"]
    ]
    return sorted(found, key=lambda one: (one.group, one.name))


def _served(api_version: str, entry: JSON) -> Served:
    return Served(
        entry["name"],
        tuple(entry.get("shortNames") or ()),
        api_version,
        entry["namespaced"],
        entry["kind"],
        tuple(entry["verbs"]),
        tuple(entry.get("categories") or ()),
    )
