"""YAML to plain values and marks, from libyaml's events: no constructor, no recursion, no tags.

Kubernetes' rules: a key that stands twice is a fault, merge keys work, aliases are followed (and
counted, spelled out).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from minipod.errors import Problem
from minipod.manifest import comments
from minipod.manifest.faults import Fault, Path, set_twice
from minipod.manifest.scalars import NotJSON, Scalar, resolve, shortened
from minipod.manifest.syntax import explain
from minipod.manifest.text import position_of
from minipod.manifest.tree import (
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_FAULTS,
    MAX_VALUES,
    Comment,
    Marks,
    Position,
    Reading,
    Refused,
    Tree,
    place,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ALIASED = 10_000
"""Values that aliases may stand for in a text; a bomb of nine lines asks for a billion."""

_CORE: Final = "tag:yaml.org,2002:"
_SCALAR_TAGS: Final[dict[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MERGE = "<<"


class _Frame:
    """A list or mapping that is being read."""

    __slots__ = ("anchor", "before", "key", "key_position", "marks", "merged", "merging", "value")

    def __init__(self, value: Any, marks: Marks, anchor: str | None, before: int) -> None:
        self.value = value
        self.marks = marks
        self.anchor = anchor
        self.before = before
        """How many values had been read when it began."""
        self.key: str | None = None
        self.key_position = Position(0, 0)
        self.merging = False
        self.merged: set[str] = set()
        """Keys that `<<` brought in: saying them again is no mistake."""


class _Anchored:
    """A value that can be had again by an alias; `size` counts the values in it."""

    __slots__ = ("marks", "size", "value")

    def __init__(self, value: Any, marks: Marks, size: int = 1) -> None:
        self.value = value
        self.marks = marks
        self.size = size


def read_yaml(source: str, text: str) -> Reading:
    """Return the documents of a text, and the problem that ended the reading, if one did."""
    reader = _Reader(source, text)
    problems: tuple[Problem, ...] = ()
    try:
        reader.read()
    except Refused as refused:
        problems = (refused.problem,)
    except yaml.MarkedYAMLError as error:
        message, position = explain(error, text)
        problems = comments.behind(source, text, position) or (
            Problem("", message, place=place(source, position)),
        )
    return Reading(source, text, tuple(reader.trees), problems)


class _Reader:
    """Turns events into trees, with a frame for each open list or mapping."""

    def __init__(self, source: str, text: str) -> None:
        self.trees: list[Tree] = []
        self._source = source
        self._text = text
        self._lines: list[str] | None = None
        self._count = 0
        self._aliased = 0
        self._begin()

    def read(self) -> None:
        """Read every document; Refused, or yaml's own error for bad syntax."""
        if bad := _UNPRINTABLE.search(self._text):
            position = position_of(self._text, bad.start())
            raise self._refused(position, f"the control character {ord(bad[0]):#04x}")
        handlers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._begin_document,
            yaml.DocumentEndEvent: self._end_document,
        }
        for event in yaml.parse(self._text, Loader=yaml.CBaseLoader):
            if handler := handlers.get(type(event)):
                handler(event)

    def _begin_document(self, event: yaml.Event) -> None:
        if len(self.trees) >= MAX_DOCUMENTS:
            raise self._refused(_marks(event), f"more than {MAX_DOCUMENTS:,} documents")
        self._begin()

    def _end_document(self, _event: yaml.Event) -> None:
        assert self._root is not None
        self.trees.append(Tree(*self._root, tuple(self._faults), tuple(self._comments)))

    def _begin(self) -> None:
        self._root: tuple[Any, Marks] | None = None
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._faults: list[Fault] = []
        self._comments: list[Comment] = []

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        marks = _marks(event)
        text, plain = event.value, event.implicit[0]
        if plain and "//" in text and comments.in_scalar(text):
            self._note_comment(event, marks)
        merges = plain and text == _MERGE and self._at_key()
        try:
            if event.tag is not None:
                value = self._tagged(event.tag, text, marks)
            else:
                value = resolve(text) if plain else text
        except NotJSON as error:
            raise self._refused(marks, f"{error}: quote it") from None
        self._count_one(marks)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, marks)
        if merges:
            self._stack[-1].merging = True
        self._add(value, marks)

    def _tagged(self, tag: str, text: str, marks: Marks) -> Scalar:
        name = tag.removeprefix(_CORE)
        if tag in ("!", f"{_CORE}str"):
            return text
        if name not in _SCALAR_TAGS or name == tag:
            raise self._bad_tag(tag, marks)
        value = resolve(text)
        if not isinstance(value, _SCALAR_TAGS[name]) or isinstance(value, bool) != (name == "bool"):
            raise self._refused(marks, f"{shortened(text)!r} is no !!{name}")
        return value

    def _mapping(self, event: yaml.MappingStartEvent) -> None:
        marks = self._open(event, "map", {})
        marks.keys = {}

    def _sequence(self, event: yaml.SequenceStartEvent) -> None:
        self._open(event, "seq", [])

    def _open(self, event: yaml.CollectionStartEvent, tag: str, value: Any) -> Marks:
        marks = _marks(event)
        marks.children = {}
        if event.tag is not None and event.tag not in ("!", _CORE + tag):
            raise self._bad_tag(event.tag, marks)
        if len(self._stack) >= MAX_DEPTH:
            raise self._refused(marks, f"lists and mappings nested deeper than {MAX_DEPTH}")
        if self._at_key():
            raise self._refused(marks, "a list or mapping as a key: a key is a word")
        self._stack.append(_Frame(value, marks, event.anchor, self._count))
        self._count_one(marks)
        return marks

    def _count_one(self, marks: Marks) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            raise self._refused(marks, f"more than {MAX_VALUES:,} values")

    def _end(self, _event: yaml.Event) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            size = self._count - frame.before
            self._anchors[frame.anchor] = _Anchored(frame.value, frame.marks, size)
        self._add(frame.value, frame.marks)

    def _alias(self, event: yaml.AliasEvent) -> None:
        anchored = self._anchors.get(event.anchor or "")
        if anchored is None:
            raise self._refused(_marks(event), f"the alias *{event.anchor} has no anchor before it")
        self._count += anchored.size
        self._aliased += anchored.size
        if self._aliased > MAX_ALIASED:
            why = f"aliases that stand for more than {MAX_ALIASED:,} values"
            raise self._refused(_marks(event), why)
        self._add(anchored.value, anchored.marks)

    def _add(self, value: Any, marks: Marks) -> None:
        """Put a value where it belongs: a key, a mapping's value, a list's item or a document."""
        if not self._stack:
            self._root = (value, marks)
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            assert frame.marks.children is not None
            frame.marks.children[len(frame.value)] = marks
            frame.value.append(value)
        elif frame.key is None:
            frame.key = self._key(value, marks)
            frame.key_position = Position(marks.line, marks.column)
        elif frame.merging:
            for merged in self._mergeable(value, marks):
                _merge(frame, merged)
            frame.key, frame.merging = None, False
        else:
            self._set(frame, frame.key, value, marks)

    def _set(self, frame: _Frame, key: str, value: Any, marks: Marks) -> None:
        assert frame.marks.children is not None
        assert frame.marks.keys is not None
        if key in frame.value and key not in frame.merged and len(self._faults) < MAX_FAULTS:
            self._faults.append(set_twice(self._path()))
        frame.value[key] = value
        frame.marks.children[key] = marks
        frame.marks.keys[key] = frame.key_position
        frame.key = None

    def _key(self, value: Scalar, marks: Marks) -> str:
        """Return a key as Kubernetes turns it to JSON: 8080 becomes "8080", yes "true"."""
        if isinstance(value, str):
            return value
        if isinstance(value, int):
            return str(value).lower()
        raise self._refused(marks, "a key that is no word: quote it")

    def _mergeable(self, value: Any, marks: Marks) -> list[_Anchored]:
        """Return the mappings that `<<` brings in, the one that wins last."""
        if isinstance(value, dict):
            return [_Anchored(value, marks)]
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            assert marks.children is not None
            return [_Anchored(v, marks.children[i]) for i, v in reversed([*enumerate(value)])]
        raise self._refused(marks, "'<<' merges a mapping or a list of mappings, nothing else")

    def _at_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].key is None and self._in_mapping()

    def _in_mapping(self) -> bool:
        return isinstance(self._stack[-1].value, dict)

    def _path(self) -> Path:
        """Return the path of the value that comes next."""
        steps = (f.key if isinstance(f.value, dict) else len(f.value) for f in self._stack)
        return tuple(step for step in steps if step is not None)

    def _note_comment(self, event: yaml.ScalarEvent, marks: Marks) -> None:
        if self._lines is None:
            self._lines = self._text.splitlines()
        begin = Position(marks.line, marks.column)
        assert event.end_mark is not None
        position = comments.slashes(self._lines, begin, event.end_mark.line + 1)
        in_key = self._at_key()
        path = (*self._path(), event.value) if in_key else self._path()
        self._comments.append(Comment(path, position, in_key))

    def _bad_tag(self, tag: str, marks: Marks) -> Refused:
        name = shortened(tag.replace(_CORE, "!!"))
        return self._refused(marks, f"the tag {name}: a manifest has no tags")

    def _refused(self, where: Marks | Position, why: str) -> Refused:
        position = Position(where.line, where.column)
        return Refused(Problem("", f"cannot read: {why}", place=place(self._source, position)))


def _marks(event: yaml.Event) -> Marks:
    mark = event.start_mark
    assert mark is not None
    return Marks(mark.line + 1, mark.column + 1)


def _merge(frame: _Frame, merged: _Anchored) -> None:
    """Take over a mapping, in the order of the text: what comes later wins, as with kubectl."""
    ours, theirs = frame.marks, merged.marks
    assert ours.children is not None
    assert ours.keys is not None
    assert theirs.children is not None
    assert theirs.keys is not None
    frame.merged |= merged.value.keys()
    frame.value |= merged.value
    ours.children |= theirs.children
    ours.keys |= theirs.keys
