"""Which lists merge, and by which field: what a strategic merge patch knows of Kubernetes' types.

From the tags patchStrategy and patchMergeKey of k8s.io/api/core/v1/types.go. Lists that stand
nowhere here are replaced whole; mappings always merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shape:
    """A field, and the fields below it; of a list, those of its items.

    `key` is the field that tells a list's items apart; "" for a list of values that merges; None
    for a list that is replaced. `retain_keys`: the items are unions, of which a patch keeps only
    the members that it names.
    """

    __slots__ = ("_below", "key", "retain_keys")

    def __init__(
        self,
        below: Mapping[str, Shape] | None = None,
        *,
        key: str | None = None,
        retain_keys: bool = False,
    ) -> None:
        self._below = below or {}
        self.key = key
        self.retain_keys = retain_keys

    def field(self, name: str) -> Shape:
        """Return what is known of a field; of an unknown one, nothing."""
        return self._below.get(name, PLAIN)


PLAIN: Final = Shape()


def _by(key: str) -> Shape:
    return Shape(key=key)


_METADATA = Shape({"ownerReferences": _by("uid"), "finalizers": _by("")})
_CONTAINERS = Shape(
    {
        "env": _by("name"),
        "ports": _by("containerPort"),
        "volumeDevices": _by("devicePath"),
        "volumeMounts": _by("mountPath"),
    },
    key="name",
)
_CONTAINER_STATUSES = Shape(
    {"allocatedResourcesStatus": _by("name"), "volumeMounts": _by("mountPath")}
)
_CONDITIONS = _by("type")

SHAPES: Final[Mapping[str, Shape]] = {
    "Pod": Shape(
        {
            "metadata": _METADATA,
            "spec": Shape(
                {
                    "containers": _CONTAINERS,
                    "ephemeralContainers": _CONTAINERS,
                    "hostAliases": _by("ip"),
                    "imagePullSecrets": _by("name"),
                    "initContainers": _CONTAINERS,
                    "resourceClaims": Shape(key="name", retain_keys=True),
                    "schedulingGates": _by("name"),
                    "topologySpreadConstraints": _by("topologyKey"),
                    "volumes": Shape(key="name", retain_keys=True),
                }
            ),
            "status": Shape(
                {
                    "conditions": _CONDITIONS,
                    "containerStatuses": _CONTAINER_STATUSES,
                    "ephemeralContainerStatuses": _CONTAINER_STATUSES,
                    "hostIPs": _by("ip"),
                    "initContainerStatuses": _CONTAINER_STATUSES,
                    "podIPs": _by("ip"),
                    "resourceClaimStatuses": Shape(key="name", retain_keys=True),
                }
            ),
        }
    ),
    "Namespace": Shape({"metadata": _METADATA, "status": Shape({"conditions": _CONDITIONS})}),
}
"""By kind."""
