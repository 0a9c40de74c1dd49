"""Texts in quotes, with Go's escapes (strconv.UnquoteChar)."""

from __future__ import annotations

import re

_PLAIN = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|(.))|(.)", re.DOTALL
)


def unquoted(text: str) -> str:
    """Return what stands between quotes. ValueError for an escape that Go does not know."""
    quote, inside = text[0], text[1:-1]
    if "\\" not in inside and quote not in inside:
        return inside
    parts = []
    position = 0
    while position < len(inside):
        match = _ESCAPE.match(inside, position)
        if match is None:
            raise ValueError("invalid syntax")
        parts.append(_meant(match, quote))
        position = match.end()
    return b"".join(parts).decode(errors="replace")


def _meant(match: re.Match[str], quote: str) -> bytes:
    byte, short, long, octal, plain, itself = match.groups()
    if itself is not None:
        if itself in {quote, "\\"}:
            raise ValueError("invalid syntax")
        return str(itself).encode()
    if plain is not None:
        if plain not in _PLAIN and plain != quote:
            raise ValueError("invalid syntax")
        return _PLAIN.get(plain, plain).encode()
    if short is not None or long is not None:
        return chr(int(short or long, 16)).encode()
    value = int(byte, 16) if byte is not None else int(octal, 8)
    if value > 255:
        raise ValueError("invalid syntax")
    return bytes([value])
