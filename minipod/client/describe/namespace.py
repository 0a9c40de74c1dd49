"""A namespace in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.describe.common import annotation_lines, pair_lines, rows
from minipod.client.describe.tabs import align

if TYPE_CHECKING:
    from minipod.client.describe.clock import Clock

    JSON = dict[str, Any]


def describe_namespace(namespace: JSON, clock: Clock) -> str:
    """Return what `kubectl describe namespace` prints of a namespace."""
    meta, status = namespace["metadata"], namespace.get("status") or {}
    lines = [
        f"Name:\t{meta['name']}",
        *pair_lines("Labels", meta.get("labels") or {}),
        *annotation_lines(meta.get("annotations") or {}),
        f"Status:\t{status.get('phase', '')}",
    ]
    if conditions := status.get("conditions"):
        header = ("Type", "Status", "LastTransitionTime", "Reason", "Message")
        cells = [
            (
                each["type"],
                each["status"],
                clock.date(each.get("lastTransitionTime")),
                each.get("reason", ""),
                each.get("message", ""),
            )
            for each in conditions
        ]
        rule = tuple("-" * len(title) for title in header)
        lines += ["Conditions:", *rows([header, rule, *cells])]
    return align(lines)
