"""What a template is made of."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """A text that stands for itself."""

    text: str


class Literal(NamedTuple):
    """A number or a boolean."""

    value: float | bool


class Field(NamedTuple):
    """A key of a map."""

    name: str


class Wildcard(NamedTuple):
    """Everything in a map or a list: `.*`."""


class Recursive(NamedTuple):
    """A value and all below it: `..`."""


class Slice(NamedTuple):
    """Elements of a list: `[1]`, `[-1]`, `[0:6:2]`, `[*]`.

    `single`: it is written as one index, of which `stop` is only the next one.
    """

    start: int | None
    stop: int | None
    step: int | None
    single: bool = False


class Filter(NamedTuple):
    """The elements of a list for which `left OPERATOR right` holds; EXISTS: for which left is."""

    left: Path
    operator: str
    right: Path


class Union(NamedTuple):
    """What several paths find, one after the other: `[0,2]`, `['a','b']`."""

    paths: tuple[Path, ...]


class Identifier(NamedTuple):
    """A bare word: `range`, `end`, or one that means nothing."""

    name: str


class Range(NamedTuple):
    """A block, done once for each value that its path finds."""

    path: Path
    body: tuple[Part, ...]


EXISTS = "exists"
RANGE, END = "range", "end"

Node = Text | Literal | Field | Wildcard | Recursive | Slice | Filter | Union | Identifier
Path = tuple[Node, ...]
"""The nodes of one action: each goes on with what the one before found."""

Part = Path | Range
Template = tuple[Part, ...]
