"""The real kubectl: on a minipod's API, or on lists that never change."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.lacking import lacks

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1.33"
"""Whose words and layout are ours."""

_PLACES = ("kubectl.{0}", "kubectl", "/usr/lib/google-cloud-sdk/bin/kubectl.{0}")


class Said(NamedTuple):
    """What a command printed."""

    code: int
    out: str
    err: str


class Kubectl:
    """Runs kubectl on a server at a port of the loopback."""

    def __init__(self, port: int, folder: Path, version: str = VERSION) -> None:
        self._port = port
        self._folder = folder
        self._program = program(version)

    def __call__(self, *args: str, stdin: str = "", editor: str = "false") -> Said:
        """Run one command to its end."""
        server = ["-s", f"http://127.0.0.1:{self._port}", "--cache-dir", str(self._folder / "kube")]
        done = subprocess.run(
            [self._program, *server, *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd=self._folder,
            env={
                "HOME": str(self._folder),
                "PATH": os.environ["PATH"],
                "KUBE_EDITOR": editor,
            },
        )
        return Said(done.returncode, done.stdout, done.stderr)


def capitalized(error: str) -> str:
    """Return the line of kubectl's error as ours begins: with a capital, whoever it is from."""
    return "E" + error[1:] if error.startswith("error: ") else error


@cache
def program(version: str = VERSION) -> str:
    """Return where kubectl is, of the version that we follow; else the test cannot run."""
    for place in filter(None, (shutil.which(place.format(version)) for place in _PLACES)):
        told = subprocess.run(
            [place, "version", "--client", "-o", "json"], capture_output=True, text=True, check=True
        )
        if json.loads(told.stdout)["clientVersion"]["gitVersion"].startswith(f"v{version}."):
            return place
    return lacks(f"no kubectl {version} on this machine: what it prints was not compared")


@contextmanager
def relayed(path: Path) -> Iterator[int]:
    """Let a port of the loopback lead to a Unix socket, for a client that knows only ports."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_relay, args=(listening, path), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _relay(listening: socket.socket, path: Path) -> None:
    with suppress(OSError):
        while True:
            near, _ = listening.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(path))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def serving(pods: list[dict[str, Any]]) -> Iterator[int]:
    """Serve these pods of the namespace `default`, and what kubectl asks before, on a port."""
    resource = {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod"}
    kinds = [resource | {"verbs": ["get", "list"]}]
    answers = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
        "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": kinds},
        "/api/v1/namespaces/default/pods": {
            "kind": "PodList",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": "42"},
            "items": pods,
        },
    }

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            answer = answers.get(urlsplit(self.path).path)
            data = json.dumps(answer or {"kind": "Status", "code": 404}).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
