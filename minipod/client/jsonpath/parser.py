"""Templates, read as kubectl reads them, with its errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from minipod.client.jsonpath.nodes import (
    END,
    EXISTS,
    RANGE,
    Field,
    Filter,
    Identifier,
    Literal,
    Range,
    Recursive,
    Slice,
    Text,
    Union,
    Wildcard,
)
from minipod.client.jsonpath.quoting import unquoted
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.client.jsonpath.nodes import Node, Part, Path, Template

_LINE_ENDS = "\r\n"
_ENDS_WORD = frozenset(" \t\r\n.,[]$@{}")
_NUMBER = re.compile(r"[+-]?[\d.]*")
_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)")


class SyntaxProblem(BadRequest):
    """A text that is no template."""


def parse(text: str) -> Template:
    """Return the template that a text is. SyntaxProblem."""
    return _blocks(_actions(text))


def _blocks(actions: Iterator[Path]) -> Template:
    """Return actions with those between `range` and `end` as one part.

    Without an end it is all the rest, which kubectl then does once more, outside. An `end` too many
    stays: only who comes to it is to hear of it.
    """
    blocks: list[tuple[Path, list[Part]]] = [((), [])]
    for action in actions:
        words = {node.name for node in action if isinstance(node, Identifier)}
        if RANGE in words:
            blocks.append((tuple(n for n in action if not isinstance(n, Identifier)), []))
        elif END in words and len(blocks) > 1:
            over, body = blocks.pop()
            blocks[-1][1].append(Range(over, tuple(body)))
        else:
            blocks[-1][1].append(action)
    while len(blocks) > 1:
        over, body = blocks.pop()
        blocks[-1][1].extend((Range(over, tuple(body)), *body))
    return tuple(blocks[0][1])


def _actions(text: str) -> Iterator[Path]:
    """Yield what is in braces, and each text between as an action of its own."""
    position = 0
    while position < len(text):
        brace = text.find("{", position)
        if brace != position:
            yield (Text(text[position:] if brace < 0 else text[position:brace]),)
        if brace < 0:
            return
        action = _Action(text, brace + 1)
        yield action.read()
        position = action.position


def _inside(text: str) -> Path:
    """Return the action that a text would be between braces."""
    return _Action(f"{{{text}}}", 1).read()


class _Action:
    """One action of a text, read from behind its brace on; `position` ends behind the other."""

    def __init__(self, text: str, position: int) -> None:
        self.position = position
        self._text = text
        self._nodes: list[Node] = []

    def read(self) -> Path:
        while not self._begins("}"):
            self._read_one()
        self.position += 1
        return tuple(self._nodes)

    def _read_one(self) -> None:
        if self._begins("[?("):
            self._filter()
        elif self._begins(".."):
            self._recursive()
        else:
            self._read_by(self._text[self.position : self.position + 1])

    def _read_by(self, char: str) -> None:
        """Read what a character begins."""
        if not char or char in _LINE_ENDS:
            raise SyntaxProblem("unclosed action")
        if char in " @$":
            self.position += 1
        elif char == "[":
            self._array()
        elif char in "\"'":
            self._quoted(char)
        elif char == ".":
            self.position += 1
            self._field()
        elif char in "+-" or char.isdigit():
            self._number()
        elif char == "_" or char.isalpha():
            self._word()
        else:
            _unrecognized(char)

    def _begins(self, prefix: str) -> bool:
        return self._text.startswith(prefix, self.position)

    def _recursive(self) -> None:
        if self._nodes and isinstance(self._nodes[-1], Recursive):
            raise SyntaxProblem("invalid multiple recursive descent")
        self.position += 2
        self._nodes.append(Recursive())
        following = self._text[self.position : self.position + 1]
        if following == "_" or following.isalnum():
            self._field()

    def _field(self) -> None:
        start = self.position
        while self.position < len(self._text) and self._text[self.position] not in _ENDS_WORD:
            self.position += 2 if self._text[self.position] == "\\" else 1
        name = self._text[start : self.position]
        self._nodes.append(Wildcard() if name == "*" else Field(name.replace("\\", "")))

    def _word(self) -> None:
        start = self.position
        while self.position < len(self._text) and self._text[self.position] not in _ENDS_WORD:
            self.position += 1
        word = self._text[start : self.position]
        self._nodes.append(
            Literal(word == "true") if word in {"true", "false"} else Identifier(word)
        )

    def _number(self) -> None:
        match = _NUMBER.match(self._text, self.position)
        assert match is not None
        self.position = match.end()
        try:
            self._nodes.append(Literal(float(match[0]) if "." in match[0] else int(match[0])))
        except ValueError as error:
            raise SyntaxProblem(f"cannot parse number {match[0]}") from error

    def _quoted(self, quote: str) -> None:
        end = self.position
        while True:
            end += 1
            char = self._text[end : end + 1]
            if not char or char == "\n":
                raise SyntaxProblem("unterminated quoted string")
            if char == quote and self._text[end - 1] != "\\":
                break
        written = self._text[self.position : end + 1]
        self.position = end + 1
        try:
            self._nodes.append(Text(unquoted(written)))
        except ValueError as error:
            raise SyntaxProblem(f"unquote string {written} error {error}") from error

    def _array(self) -> None:
        end = self._text.find("]", self.position)
        line = self._text.find("\n", self.position)
        if end < 0 or 0 <= line < end:
            raise SyntaxProblem("unterminated array")
        inside = self._text[self.position + 1 : end]
        self.position = end + 1
        members = inside.split(",")
        if len(members) > 1:
            self._nodes.append(Union(tuple(_inside(f"[{each.strip(' ')}]") for each in members)))
        elif match := _KEY.fullmatch(inside):
            self._nodes += _inside(f".{match[1]}")
        else:
            self._nodes.append(_slice(":" if inside == "*" else inside))

    def _filter(self) -> None:
        self.position += len("[?(")
        end = self._filter_end()
        condition = self._text[self.position : end]
        self.position = end + 2
        match = _COMPARISON.fullmatch(condition)
        if match is None:
            self._nodes.append(Filter(_inside(condition), EXISTS, ()))
        else:
            self._nodes.append(Filter(_inside(match[1]), match[2], _inside(match[3])))

    def _filter_end(self) -> int:
        """Return where a filter's `)]` is: not within its one quoted text."""
        quote, closed, end = "", False, self.position
        while True:
            char = self._text[end : end + 1]
            if not char or char == "\n":
                raise SyntaxProblem("unterminated filter")
            if char in "\"'" and not quote:
                quote = char
            elif char == quote and self._text[end - 1] != "\\":
                closed = True
            elif char == ")" and closed is bool(quote):
                break
            end += 1
        if self._text[end + 1 : end + 2] != "]":
            raise SyntaxProblem("unclosed array expect ]")
        return end


def _slice(text: str) -> Slice:
    match = _SLICE.fullmatch(text)
    if match is None:
        raise SyntaxProblem(f"invalid array index {text}")
    start, stop, step = match[1], match[2], match[3]
    if stop is None:
        first = _index(start)
        return Slice(first, (first or 0) + 1, None, single=True)
    return Slice(_index(start), _index(stop[1:]), _index((step or ":")[1:]))


def _index(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise SyntaxProblem(f"array index {text} is not a number") from error


def _unrecognized(char: str) -> NoReturn:
    shown = f" '{char}'" if char.isprintable() else ""
    raise SyntaxProblem(f"unrecognized character in action: U+{ord(char):04X}{shown}")
