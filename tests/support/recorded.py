"""What the real kubectl printed, kept: tests/e2e holds it to kubectl, unit tests hold us to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class Recorded(NamedTuple):
    """Pods, what templates print of a List of them, and why others are refused."""

    pods: list[dict[str, Any]]
    printed: dict[str, str]
    refused: dict[str, str]

    def listed(self) -> dict[str, Any]:
        """Return the List that kubectl makes of the pods."""
        metadata = {"resourceVersion": ""}
        return {"apiVersion": "v1", "items": self.pods, "kind": "List", "metadata": metadata}


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text())
    return found


JSONPATH = Recorded(**_read("jsonpath.json"))
GO_TEMPLATE = Recorded(JSONPATH.pods, **_read("gotemplate.json"))
