"""From bytes to text: the size, the encoding, and characters that no manifest holds."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from minipod.errors import Place, Problem
from minipod.manifest.tree import Position, Refused

MAX_SIZE = 3 * 1024 * 1024
"""Bytes of one request that Kubernetes' API server takes (MaxRequestBodyBytes)."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Source(NamedTuple):
    """A text and its name for messages: a file's, or `-`."""

    name: str
    text: bytes | str


def text_of(source: Source) -> str:
    """Return a source's text without a byte order mark; Refused if it cannot be a manifest."""
    if len(source.text) > MAX_SIZE:
        megabytes = len(source.text) / (1024 * 1024)
        raise _refused(source, Position(1, 1), f"{megabytes:.1f} MB, and at most 3 MB are read")
    text = source.text if isinstance(source.text, str) else _decoded(source, source.text)
    text = text.removeprefix("\ufeff")
    _check(source, text)
    return text


def position_of(text: str, index: int) -> Position:
    """Return the line and column of an index in a text."""
    line_start = text.rfind("\n", 0, index) + 1
    return Position(text.count("\n", 0, index) + 1, index - line_start + 1)


def _decoded(source: Source, data: bytes) -> str:
    if data.startswith(_UTF16):
        raise _refused(source, Position(1, 1), "UTF-16, and only UTF-8 is read")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        raise _refused(
            source,
            position_of(before, len(before)),
            f"not UTF-8: the byte 0x{data[error.start]:02x} does not belong here",
        ) from None


def _check(source: Source, text: str) -> None:
    if "\0" in text:
        raise _refused(source, position_of(text, text.index("\0")), "a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        position = position_of(text, error.start)
        raise _refused(source, position, "half a surrogate pair, which is no character") from None


def _refused(source: Source, position: Position, why: str) -> Refused:
    return Refused(Problem("", f"cannot read: {why}", place=Place(source.name, *position)))
