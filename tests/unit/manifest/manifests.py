"""Manifests and shorthands of these tests."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.errors import InvalidManifest
from minipod.manifest import Decoded, Source, decode

KUBIA_MANUAL = """\
apiVersion: v1
kind: Pod
metadata: {name: kubia-manual}
spec:
  containers:
  - image: msung99/redis-lock:0.1.3
    name: kubia
    ports: [{containerPort: 8080, protocol: TCP}]
"""

HEAD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
"""
"""A manifest up to its containers, which begin in line 6."""

MAIN = "  - {name: main, image: x}\n"


def read(text: str | bytes, **options: Any) -> Decoded:
    """Decode a file named pod.yaml."""
    return decode([Source("pod.yaml", text)], **options)


def pod_of(text: str, **options: Any) -> dict[str, Any]:
    """Decode a text of one pod that is right and deserves no warning."""
    decoded = read(text, **options)
    assert decoded.warnings == ()
    assert len(decoded.objects) == 1
    return decoded.objects[0].obj


def problems_of(text: str | bytes, **options: Any) -> list[str]:
    """Return a line for each problem of a text."""
    with pytest.raises(InvalidManifest) as caught:
        read(text, **options)
    return [str(problem) for problem in caught.value.problems]
