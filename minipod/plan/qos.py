"""A pod's quality of service class (Kubernetes: GetPodQOS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipod.model.pod import JSON

_COUNTED = ("cpu", "memory")


def qos_class(obj: JSON) -> str:
    """Return Guaranteed, Burstable or BestEffort, from the containers' requests and limits."""
    spec = obj["spec"]
    resources = [
        container.get("resources") or {}
        for container in (*spec["containers"], *spec.get("initContainers", ()))
    ]
    asked = [
        (each.get("limits", {}).get(name), each.get("requests", {}).get(name))
        for each in resources
        for name in _COUNTED
    ]
    if not any(limit or request for limit, request in asked):
        return "BestEffort"
    if all(limit and (request is None or request == limit) for limit, request in asked):
        return "Guaranteed"
    return "Burstable"
