"""`// comments`, as some articles print them in YAML: found, placed, and told how it is done.

YAML comments begin with '#'. In `kind: Pod // kind` the slashes are part of the value; in other
places they break the syntax. Either way the reader's own words would not help.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from minipod.errors import Place, Problem
from minipod.manifest.tree import Position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.manifest.faults import Path

MESSAGE = "'//' does not begin a comment: YAML comments begin with '#'"
IN_FREE_TEXT = "the '//' is part of the text: YAML comments begin with '#'"

_IN_SCALAR = re.compile(r"(?:^|\s)//(?:\s|$)|\s//")
_IN_LINE = re.compile(r"(?:^|\s)(//)")
_BLOCK_SCALAR = re.compile(r"(?:^|[:\-]\s+|\s)[|>][-+0-9]*\s*(?:#.*)?$")
_OPAQUE = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|(?:^|\s)#.*")
_FREE_LISTS = frozenset({"command", "args"})


def in_scalar(value: str) -> bool:
    """Return whether a plain scalar seems to hold a comment (`//cdn.example/x` does not)."""
    return _IN_SCALAR.search(value) is not None


def is_free_text(path: Path) -> bool:
    """Return whether any text may stand at a path, so that slashes there may be meant."""
    parents = path[-2:-1]
    return path[-1:] == ("value",) or "annotations" in parents or bool(_FREE_LISTS & {*parents})


def slashes(lines: Sequence[str], first: Position, last_line: int) -> Position:
    """Return where the slashes of a scalar stand that begins at `first`."""
    for number in range(first.line, last_line + 1):
        begin = first.column - 1 if number == first.line else 0
        if number <= len(lines) and (found := _IN_LINE.search(lines[number - 1], begin)):
            return Position(number, found.start(1) + 1)
    return first


def behind(source: str, text: str, position: Position) -> tuple[Problem, ...]:
    """Return a problem for each `//` of a text, if one of them explains a syntax error there."""
    lines = text.splitlines()
    found = tuple(_outside_quotes(lines))
    if not {spot.line for spot in found} & _suspects(lines, position.line):
        return ()
    return tuple(Problem("", MESSAGE, place=Place(source, *spot)) for spot in found)


def _suspects(lines: Sequence[str], line: int) -> set[int]:
    """Return the line of a syntax error and the written line before it."""
    before = range(min(line - 1, len(lines)), 0, -1)
    return {line, next((number for number in before if lines[number - 1].strip()), line)}


def _outside_quotes(lines: Sequence[str]) -> Iterator[Position]:
    block_indent: int | None = None
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        if block_indent is not None and (indent > block_indent or not line.strip()):
            continue
        block_indent = indent if _BLOCK_SCALAR.search(line) else None
        bare = _OPAQUE.sub(lambda match: " " * len(match[0]), line)
        if found := _IN_LINE.search(bare):
            yield Position(number, found.start(1) + 1)
