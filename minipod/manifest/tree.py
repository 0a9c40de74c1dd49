"""A text read: plain values, and beside them where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.manifest.faults import Fault, Path

MAX_DEPTH = 100
"""Lists and mappings in each other; a Pod needs 15, and the readers and writers recurse."""

MAX_VALUES = 250_000
"""Values in one text: some 8,000 small pods, read in half a second."""


MAX_DOCUMENTS = 10_000
"""Documents in one text, each of them an object."""

MAX_FAULTS = 100
"""Problems told at once; who has more begins with these."""


class Refused(Exception):
    """A text cannot be read on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Position(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


class Marks:
    """Where a value stands, where its keys stand, and the marks of what it holds."""

    __slots__ = ("children", "column", "keys", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.children: dict[str | int, Marks] | None = None
        self.keys: dict[str | int, Position] | None = None

    def find(self, path: Path, *, key: bool = False) -> Position:
        """Return where a path's value stands (or its key), or the nearest parent that exists."""
        marks = self
        for depth, step in enumerate(path):
            if not marks.children or step not in marks.children:
                break
            if key and depth == len(path) - 1 and marks.keys:
                return marks.keys[step]
            marks = marks.children[step]
        return Position(marks.line, marks.column)


class Comment(NamedTuple):
    """A `//` in a plain scalar: the path it became part of, and where the slashes stand."""

    path: Path
    position: Position
    in_key: bool


class Tree(NamedTuple):
    """One document of a text. `faults` are keys that stand there twice."""

    value: Any
    marks: Marks
    faults: tuple[Fault, ...] = ()
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True)
class Reading:
    """All that could be read of a text, and why it ended early, if it did."""

    source: str
    text: str
    trees: tuple[Tree, ...]
    problems: tuple[Problem, ...] = ()

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines."""
        return self.text.splitlines()


def place(source: str, position: Position) -> Place:
    """Return a position together with its source."""
    return Place(source, position.line, position.column)


def written(lines: Sequence[str], position: Position) -> str:
    """Return the word that stands at a position, as the user wrote it."""
    if position.line > len(lines):
        return ""
    rest = lines[position.line - 1][position.column - 1 :]
    for end, letter in enumerate(rest):
        if letter in ",]}#" or letter.isspace():
            return rest[:end]
    return rest
