"""What of the machine keeps a pod from coming up, as a condition of the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.doctor import Finding
    from minipod.model.pod import JSON

HOST_READY = "minipod.dev/HostReady"
"""The type of the condition, which a pod has only while something keeps it down."""


def host_ready(hints: Sequence[Finding]) -> list[JSON]:
    """Return the condition, a line for each finding; nothing where nothing was found."""
    if not hints:
        return []
    message = "\n".join(map(_line, hints))
    return [{"type": HOST_READY, "status": "False", "reason": "HostUnfit", "message": message}]


def _line(finding: Finding) -> str:
    told = f"{finding.check}: {finding.seen}"
    return f"{told}. Fix: {finding.fix}" if finding.fix else told
