"""The application's manifest: two programs that share one loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).resolve().parent.parent
HTTP, STORE = 8080, 7000


def program(name: str, port: int, *arguments: int) -> dict[str, Any]:
    """Return a container that runs one of the programs."""
    words = [sys.executable, "-u", str(PROGRAMS / f"{name}.py"), str(port)]
    return {
        "name": name,
        "image": f"notes/{name}",
        "command": [*words, *map(str, arguments)],
        "ports": [{"containerPort": port}],
    }


def notes_pod(http: int = HTTP, store: int = STORE) -> dict[str, Any]:
    """Return the application's manifest."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "notes", "labels": {"app": "notes"}},
        "spec": {"containers": [program("store", store), program("web", http, store)]},
    }
