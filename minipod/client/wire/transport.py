"""Requests to the server of one root, and what its answers become: values, or errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from minipod.client.text.words import reason
from minipod.client.wire import http, unix
from minipod.errors import Forbidden, Unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    JSON = dict[str, Any]

SOCKET = "server.sock"
JSON_TYPE = "application/json"


class Exchange(Protocol):
    """One request, and its answer as it comes."""

    def answered(self, status: int) -> None:
        """See the answer's head."""

    def read(self, piece: bytes) -> None:
        """See a piece of the answer's body."""


class Observer(Protocol):
    """Whoever wants to see what is asked and answered."""

    def asked(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Exchange:
        """See a request that is about to be sent."""


class Transport:
    """Connections to one root's server.

    `start` is called when no server answers, and is to return once one does; None: such a request
    is Unavailable. `warn` gets every warning that comes with an answer; `observer` sees all.
    `headers` go with every request. Every method raises the MinipodError that the server's `Status`
    tells of.
    """

    def __init__(
        self,
        root: str,
        *,
        warn: Callable[[str], None],
        start: Callable[[], None] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.root = root
        self.headers: dict[str, str] = {}
        self._warn = warn
        self.start = start
        self._observer = observer

    def starting_none(self) -> Transport:
        """Return the same, but Unavailable where this one would start a server."""
        same = Transport(self.root, warn=self._warn, observer=self._observer)
        same.headers = self.headers
        return same

    def get(self, target: str, *, accept: str = JSON_TYPE) -> JSON:
        """Return the JSON that a GET answers."""
        return _load(self.send("GET", target, accept=accept))

    def json(self, method: str, target: str, body: Any, *, content_type: str = JSON_TYPE) -> JSON:
        """Send JSON and return the JSON that answers it."""
        return _load(self.send(method, target, body, content_type=content_type))

    def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        accept: str = JSON_TYPE,
        content_type: str = JSON_TYPE,
    ) -> http.Response:
        """Send a request, and return its answer once its head is here."""
        headers = {"Accept": accept, **self.headers}
        if body is not None:
            headers["Content-Type"] = content_type
        data = b"" if body is None else json.dumps(body).encode()
        connection = self._connect()
        seen = self._observer and self._observer.asked(method, target, headers, data)
        response = http.send(connection, method, target, headers, data)
        if seen:
            seen.answered(response.status)
            response.on_piece = seen.read
        for warning in response.warnings:
            self._warn(warning)
        if response.status >= 400:
            from minipod.client.wire.statuses import error_of  # noqa: PLC0415 (seldom needed)

            raise error_of(response)
        return response

    def answers(self) -> bool:
        """Return whether a server listens."""
        try:
            unix.connect(self.root, SOCKET).close()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def _connect(self) -> socket.socket:
        try:
            return unix.connect(self.root, SOCKET)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            if self.start is None:
                raise Unavailable(f"no server runs for {self.root}") from error
        except PermissionError as error:
            raise Forbidden(f"cannot connect to {self.root}/{SOCKET}: permission denied") from error
        except OSError as error:
            raise _unreachable(self.root, error) from error
        self.start()
        try:
            return unix.connect(self.root, SOCKET)
        except OSError as error:
            raise _unreachable(self.root, error) from error


def _load(response: http.Response) -> JSON:
    try:
        loaded: JSON = json.loads(response.read())
    except ValueError as error:
        raise Unavailable(f"cannot read the server's answer: {error}") from error
    return loaded


def _unreachable(root: str, error: OSError) -> Unavailable:
    return Unavailable(f"cannot connect to {root}/{SOCKET}: {reason(error)}")
