"""Just enough of HTTP/1.1 (RFC 9112) to speak with the server on its Unix socket.

A request is one write; an answer is read as it comes: content-length, chunked, or to the end.
Written by hand because importing http.client costs as much as a whole `minipod get pods`.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from io import BufferedReader
from typing import TYPE_CHECKING, Self

from minipod.client.text.words import reason
from minipod.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PIECE = 1 << 16
_SHORTEST = 0.001  # of a time-out: 0 would mean not to block at all
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Response:
    """An answer whose head has been read; the body is read once, by `read`, `chunks` or `lines`.

    Use it as a context manager, or read it to the end: either closes the connection. `warnings`
    are the texts of the `Warning` headers (RFC 7234, 5.5). `on_piece` sees the body as it comes.

    `until`, on time.monotonic's clock, may be set: then reading the body is TimeoutError.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.until: float | None = None
        self.on_piece: Callable[[bytes], None] = _unseen
        self._connection = connection
        self._file = BufferedReader(connection.makefile("rb", buffering=0), _PIECE)
        try:
            self.status, self.warnings, self._length, self._chunked = _head(self._file)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, whatever is still to come."""
        self._file.close()
        self._connection.close()

    def hang_up(self) -> None:
        """Have the body end at once for who reads it, on another thread say."""
        with suppress(OSError):  # it has ended by itself
            self._connection.shutdown(socket.SHUT_RDWR)

    def detach(self) -> tuple[socket.socket, bytes]:
        """Return the connection, which no longer blocks, and what of the body came with the head.

        That is as it came over the wire: chunked, as answers that go on are. `close` closes it.
        """
        self._connection.setblocking(False)
        return self._connection, self._file.peek(_PIECE)

    def read(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.chunks())

    def lines(self) -> Iterator[bytes]:
        """Yield the body's lines as they come, without their ends."""
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes. Unavailable if the server goes away before its end.

        TimeoutError once it is `until`.
        """
        with self:
            try:
                for piece in self._chunks() if self._chunked else self._pieces(self._length):
                    self.on_piece(piece)
                    yield piece
            except TimeoutError:
                raise
            except OSError as error:
                raise _broken(error) from error

    def _chunks(self) -> Iterator[bytes]:
        while size := self._next_size():
            yield from self._pieces(size)
            self._file.readline()

    def _next_size(self) -> int:
        self._limit()
        return _chunk_size(self._file)

    def _limit(self) -> None:
        """Let the next read take no longer than there is time."""
        if self.until is not None:
            self._connection.settimeout(max(self.until - time.monotonic(), _SHORTEST))

    def _pieces(self, length: int | None) -> Iterator[bytes]:
        while length is None or length > 0:
            self._limit()
            piece = self._file.read1(_PIECE if length is None else min(length, _PIECE))
            if not piece:
                if length is None:
                    return
                raise _broken()
            if length is not None:
                length -= len(piece)
            yield piece


def send(
    connection: socket.socket, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Response:
    """Write a request and return the answer, its body still to be read."""
    lines = [f"{method} {target} HTTP/1.1", "Host: minipod", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with suppress(ConnectionError):  # a server may answer, and say why, before it has read all
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return Response(connection)


def path(*segments: str) -> str:
    """Return a path of these segments, whatever they contain."""
    return "".join("/" + _quote(segment) for segment in segments)


def query(parameters: Mapping[str, str | int | None]) -> str:
    """Return `?name=value&…` of the parameters that are not None, or nothing."""
    pairs = [
        f"{name}={_quote(str(value))}" for name, value in parameters.items() if value is not None
    ]
    return "?" + "&".join(pairs) if pairs else ""


def _quote(text: str) -> str:
    return "".join(
        chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"
        for byte in text.encode(errors="surrogateescape")
    )


def _unseen(_piece: bytes) -> None:
    """Do nothing."""


def _head(file: BufferedReader[socket.SocketIO]) -> tuple[int, list[str], int | None, bool]:
    """Read the status line and the headers: status, warnings, length if told, whether chunked."""
    try:
        status = int(file.readline().split(None, 2)[1])
        warnings: list[str] = []
        length, chunked = None, False
        while line := file.readline().decode(errors="replace").rstrip("\r\n"):
            name, _, value = line.partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "transfer-encoding":
                    chunked = value.strip().lower() == "chunked"
                case "warning":
                    warnings.append(_warning_text(value.strip()))
    except (OSError, IndexError, ValueError) as error:
        raise _broken(error) from error
    return status, warnings, length, chunked


def _chunk_size(file: BufferedReader[socket.SocketIO]) -> int:
    line = file.readline()
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError as error:
        raise _broken() from error


def _warning_text(value: str) -> str:
    r"""Return the text of `299 - "text"`, in which \ escapes."""
    quoted = value.split(" ", 2)[-1]
    if not (len(quoted) >= 2 and quoted[0] == quoted[-1] == '"'):
        return quoted
    return quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def _broken(cause: Exception | None = None) -> Unavailable:
    why = reason(cause) if isinstance(cause, OSError) else "it hung up"
    return Unavailable(
        f"cannot read the server's answer: {why}",
        hint="it may be done or not: look with `minipod get`, then ask again; "
        "`minipod server logs` tells why",
    )
