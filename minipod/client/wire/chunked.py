"""The chunked coding of HTTP/1.1 (RFC 9112, 7.1), decoded as its bytes come."""

from __future__ import annotations


class Chunks:
    """Takes a body as it comes over the wire; `ended` once its last chunk was seen."""

    def __init__(self) -> None:
        self.ended = False
        self._kept = b""
        self._left = 0
        self._after_chunk = False

    def feed(self, data: bytes) -> bytes:
        """Return what of the body these bytes hold. ValueError if they are no chunks."""
        self._kept += data
        found = []
        while not self.ended and (piece := self._next()) is not None:
            found.append(piece)
        return b"".join(found)

    def _next(self) -> bytes | None:
        """Return the next piece, which may be empty; None if more bytes are needed."""
        if self._left:
            piece, self._kept = self._kept[: self._left], self._kept[self._left :]
            self._left -= len(piece)
            self._after_chunk = not self._left
            return piece or None
        line, end, rest = self._kept.partition(b"\r\n")
        if not end:
            return None
        self._kept = rest
        if self._after_chunk:  # the line's end that closes a chunk
            self._after_chunk = False
            return b""
        self._left = int(line.partition(b";")[0], 16)
        self.ended = not self._left
        return b""
