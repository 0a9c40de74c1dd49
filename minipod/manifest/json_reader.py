"""JSON to plain values and marks: one value, or several, as kubectl takes them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NoReturn

from minipod.errors import Problem
from minipod.manifest.faults import Fault, Path, set_twice
from minipod.manifest.scalars import NotJSON, integer, real
from minipod.manifest.tree import (
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_FAULTS,
    MAX_VALUES,
    Marks,
    Position,
    Reading,
    Refused,
    Tree,
    place,
)

_SPACE = re.compile(r"[ \t\n\r]*")
_LINE_END = re.compile("\n")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(source: str, text: str) -> Reading:
    """Return the values of a text, and the problem that ended the reading, if one did."""
    reader = _Reader(source, text)
    problems: tuple[Problem, ...] = ()
    try:
        reader.read()
    except Refused as refused:
        problems = (refused.problem,)
    return Reading(source, text, tuple(reader.trees), problems)


def _no_constant(word: str) -> NoReturn:
    raise NotJSON(f"{word} is no number that JSON can hold")


_scalars = json.JSONDecoder(parse_int=integer, parse_float=real, parse_constant=_no_constant)


class _Reader:
    """A recursive reader; `_position` is the index of the letter that comes next."""

    def __init__(self, source: str, text: str) -> None:
        self.trees: list[Tree] = []
        self._source = source
        self._text = text
        self._position = 0
        self._count = 0
        self._lines = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._faults: list[Fault] = []

    def read(self) -> None:
        """Read every value; Refused."""
        while self._letter():
            if len(self.trees) >= MAX_DOCUMENTS:
                self._refuse(f"more than {MAX_DOCUMENTS:,} documents")
            self._faults = []
            value, marks = self._value(())
            self.trees.append(Tree(value, marks, tuple(self._faults)))

    def _letter(self) -> str:
        """Skip white space and return the letter that comes next, "" at the end."""
        match = _SPACE.match(self._text, self._position)
        assert match is not None
        self._position = match.end()
        return self._text[self._position : self._position + 1]

    def _value(self, path: Path) -> tuple[Any, Marks]:
        letter = self._letter()
        marks = self._marks()
        self._count += 1
        if len(path) > MAX_DEPTH:
            self._refuse(f"lists and mappings nested deeper than {MAX_DEPTH}")
        if self._count > MAX_VALUES:
            self._refuse(f"more than {MAX_VALUES:,} values")
        if letter == "{":
            return self._object(path, marks), marks
        if letter == "[":
            return self._array(path, marks), marks
        return self._scalar(), marks

    def _object(self, path: Path, marks: Marks) -> dict[str, Any]:
        members: dict[str, Any] = {}
        marks.children, marks.keys = {}, {}
        self._position += 1
        while self._goes_on("}", first=not marks.keys):
            if self._letter() != '"':
                self._refuse('expected a key in double quotes, or "}"')
            key_marks = self._marks()
            key = self._scalar()
            self._expect(":")
            below = (*path, key)
            value, child = self._value(below)
            if key in members and len(self._faults) < MAX_FAULTS:
                self._faults.append(set_twice(below))
            members[key] = value
            marks.children[key] = child
            marks.keys[key] = Position(key_marks.line, key_marks.column)
        return members

    def _array(self, path: Path, marks: Marks) -> list[Any]:
        items: list[Any] = []
        marks.children = {}
        self._position += 1
        while self._goes_on("]", first=not items):
            value, child = self._value((*path, len(items)))
            marks.children[len(items)] = child
            items.append(value)
        return items

    def _goes_on(self, end: str, *, first: bool) -> bool:
        """Pass the end, or the comma before one more member."""
        if self._letter() == end:
            self._position += 1
            return False
        if not first:
            self._expect(",", f" or '{end}'")
        return True

    def _expect(self, letter: str, other: str = "") -> None:
        if self._letter() != letter:
            self._refuse(f"expected '{letter}'{other} here")
        self._position += 1

    def _scalar(self) -> Any:
        try:
            value, self._position = _scalars.raw_decode(self._text, self._position)
        except json.JSONDecodeError as error:
            self._position = error.pos
            self._refuse("expected a value" if error.msg == "Expecting value" else error.msg)
        except NotJSON as error:
            self._refuse(str(error))
        if isinstance(value, str) and _SURROGATE.search(value):
            return _SURROGATE.sub("\ufffd", value)
        return value

    def _marks(self) -> Marks:
        line = bisect_right(self._lines, self._position)
        return Marks(line, self._position - self._lines[line - 1] + 1)

    def _refuse(self, why: str) -> NoReturn:
        marks = self._marks()
        where = place(self._source, Position(marks.line, marks.column))
        raise Refused(Problem("", f"cannot read the JSON: {why}", place=where))
