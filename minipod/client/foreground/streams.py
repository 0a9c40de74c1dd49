"""Answers of the server that go on: read line by line, many at once, without waiting for any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.client.text.words import reason
from minipod.client.wire.chunked import Chunks
from minipod.errors import Unavailable

if TYPE_CHECKING:
    from minipod.client.wire.http import Response

_PIECE = 1 << 16


class LineStream:
    """The lines of one answer. Unavailable if it ends before its end."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._connection, early = response.detach()
        self._chunks = Chunks()
        self._rest = b""
        self._early = self._decode(early)

    @property
    def ended(self) -> bool:
        """Whether all has come."""
        return self._chunks.ended

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""
        return self._connection.fileno()

    def early(self) -> list[bytes]:
        """Return the lines that came with the answer's head: no selector tells of those."""
        lines, self._early = self._early, []
        return lines

    def lines(self) -> list[bytes]:
        """Return the lines that have come since; the last one of all may lack its end."""
        try:
            data = self._connection.recv(_PIECE)
        except BlockingIOError:
            return []
        except OSError as error:
            raise Unavailable(f"cannot read the server's answer: {reason(error)}") from error
        if not data:
            raise Unavailable("cannot read the server's answer: it hung up")
        return self._decode(data)

    def close(self) -> None:
        """Hang up."""
        self._response.close()

    def _decode(self, data: bytes) -> list[bytes]:
        try:
            text = self._chunks.feed(data)
        except ValueError as error:
            raise Unavailable(f"cannot read the server's answer: {error}") from error
        *whole, self._rest = (self._rest + text).split(b"\n")
        if self.ended and self._rest:
            whole.append(self._rest)
            self._rest = b""
        return whole
