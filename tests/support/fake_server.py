"""A server on a Unix socket that answers as it is told, and keeps what it was asked."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_POD = re.compile(r"[?&]pod=([^&]+)")
_ITEM = re.compile(r"/([a-z]+)/([^/?]+)(?:/log|/hostports)?(?:\?.*)?$")


class Answer(NamedTuple):
    """What to answer: a JSON body, chunks of bytes, or bytes as they are.

    With `hold` the connection stays open until the other side hangs up.
    """

    body: Any = None
    status: int = 200
    headers: tuple[str, ...] = ()
    chunks: Sequence[bytes] | None = None
    raw: bytes | None = None
    hold: bool = False


class Asked(NamedTuple):
    """One request."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


def failure(code: int, reason: str, message: str, **details: Any) -> Answer:
    """Return a Status as an answer."""
    status = {"kind": "Status", "reason": reason, "message": message, "code": code}
    return Answer({**status, "details": details}, code)


class FakeServer:
    """Answers `METHOD TARGET` from `answers`; a list is used up, its last for ever."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[Asked] = []
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.on_request: Callable[[], None] = lambda: None
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(root / "server.sock"))
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection, suppress(ConnectionError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        file = connection.makefile("rb")
        first = file.readline().decode().split()
        if not first:
            return
        headers = {}
        while line := file.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = file.read(int(headers.get("content-length", 0)))
        self.asked.append(Asked(first[0], first[1], headers, json.loads(body) if body else None))
        answer = self._next(f"{first[0]} {first[1]}")
        self.on_request()
        connection.sendall(_written(answer))
        if answer.hold:
            file.read()

    def _next(self, request: str) -> Answer:
        found = self.answers.get(request, failure(404, "NotFound", _missing(request)))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


def _missing(request: str) -> str:
    """Return Kubernetes' words for an object that is not there."""
    if match := _ITEM.search(request):
        return f'{match[1]} "{match[2]}" not found'
    match = _POD.search(request)
    return f'pods "{match[1]}" not found' if match else f"nothing at {request}"


def _written(answer: Answer) -> bytes:
    if answer.raw is not None:
        return answer.raw
    head = [f"HTTP/1.1 {answer.status} Whatever", *answer.headers]
    if answer.chunks is None:
        body = json.dumps(answer.body).encode()
        head.append(f"Content-Length: {len(body)}")
    else:
        body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in [*answer.chunks, b""])
        head.append("Transfer-Encoding: chunked")
    return "\r\n".join([*head, "", ""]).encode() + body
