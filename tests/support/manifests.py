"""Small manifests for tests, as JSON: YAML reads it too."""

from __future__ import annotations

import json
from typing import Any

IDLE = ["sh", "-c", 'trap "exit 0" TERM; sleep infinity & wait']
"""A program that does nothing, and ends at once when told to."""

_SERVER = """
import signal, socket, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Server(ThreadingHTTPServer):
    request_queue_size = 64
    address_family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET

class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        text = f"{socket.gethostname()} {self.path}\\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = Server((sys.argv[2], int(sys.argv[1])), Hello)
print("listening", flush=True)
server.serve_forever()
"""


def web(port: int = 8080, address: str = "0.0.0.0") -> list[str]:
    """Return the command of an HTTP server that answers with its host's name and the path."""
    return ["python3", "-c", _SERVER, str(port), address]


def shell(script: str) -> list[str]:
    """Return the command of a shell script."""
    return ["sh", "-c", script]


def container(name: str, command: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    """Return a container that does nothing, or what `command` says."""
    return {"name": name, "image": "test", "command": command or IDLE, **fields}


def pod(
    name: str,
    *containers: dict[str, Any],
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> str:
    """Return a pod's manifest; with no containers given, one named `main` that does nothing."""
    metadata: dict[str, Any] = {"name": name}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {"containers": list(containers) or [container("main")], **spec},
        }
    )


def documents(*manifests: str) -> str:
    """Return several manifests as one text."""
    return "\n---\n".join(manifests)
