"""A template's text to tokens: text, and within {{ }} what the parser reads."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    _Inside = Generator["Token", None, tuple[int, bool]]

LEFT, RIGHT = "{{", "}}"
_SPACES = " \t\r\n"
_TERMINATORS = frozenset(_SPACES + ".,|:)(")
_KEYWORDS = frozenset(
    "block break continue define else end if nil range template with".split()  # noqa: SIM905
)


class Type(Enum):
    """What a token is; the value of a keyword's token is the keyword."""

    TEXT = auto()
    LEFT = auto()
    RIGHT = auto()
    SPACE = auto()
    FIELD = auto()
    DOT = auto()
    VARIABLE = auto()
    NAME = auto()
    KEYWORD = auto()
    BOOL = auto()
    NUMBER = auto()
    CHARACTER = auto()
    STRING = auto()
    RAW = auto()
    DECLARE = auto()
    ASSIGN = auto()
    PIPE = auto()
    OPEN = auto()
    CLOSE = auto()
    SIGN = auto()
    END = auto()


class Token(NamedTuple):
    """A piece of a template, at an offset and in a line of it."""

    type: Type
    value: str
    place: int
    line: int

    def __str__(self) -> str:
        """Return it as errors name it."""
        if self.type is Type.END:
            return "EOF"
        if self.type in {Type.KEYWORD, Type.DOT}:
            return f"<{self.value}>"
        from minipod.client.gotemplate.values import quoted  # noqa: PLC0415 (only for an error)

        long = len(self.value) > 10
        return quoted(self.value[:10]) + "..." if long else quoted(self.value)


class SyntaxProblem(BadRequest):
    """A text that is no template."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"template: output:{line}: {why}")


_INSIDE: tuple[tuple[Type, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.DOTALL))
    for kind, pattern in (
        (Type.SPACE, r"[ \t\r\n]+"),
        (Type.DECLARE, ":="),
        (Type.ASSIGN, "="),
        (Type.PIPE, r"\|"),
        (Type.STRING, r'"(?:\\[^\n]|[^"\\\n])*"'),
        (Type.RAW, "`[^`]*`"),
        (Type.CHARACTER, r"'(?:\\[^\n]|[^'\\\n])*'"),
        (Type.VARIABLE, r"\$\w*"),
        (
            Type.NUMBER,
            (
                r"[+-]?(?:0[xX][0-9a-fA-F_]+(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?\d+)?"
                r"|0[oO][0-7_]+|0[bB][01_]+"
                r"|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)"
            ),
        ),
        (Type.FIELD, r"\.\w+"),
        (Type.DOT, r"\."),
        (Type.NAME, r"\w+"),
        (Type.OPEN, r"\("),
        (Type.CLOSE, r"\)"),
        (Type.SIGN, r"[!-~]"),
    )
)
_NO_NUMBER = re.compile(r"[+-]\.?\w?")
_UNTERMINATED = {
    '"': "unterminated quoted string",
    "`": "unterminated raw quoted string",
    "'": "unterminated character constant",
}
_ENDS_AT_TERMINATOR = frozenset({Type.FIELD, Type.VARIABLE, Type.NAME, Type.KEYWORD, Type.BOOL})


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a template, and an END. SyntaxProblem."""
    place, trim = 0, False
    while True:
        begin = text.find(LEFT, place)
        piece = text[place:] if begin < 0 else text[place:begin]
        offset = place
        if trim:
            offset += len(piece) - len(piece.lstrip(_SPACES))
            piece = piece.lstrip(_SPACES)
        if begin >= 0 and _trims_before(text, begin):
            piece = piece.rstrip(_SPACES)
        if piece:
            yield Token(Type.TEXT, piece, offset, _line(text, offset))
        if begin < 0:
            yield Token(Type.END, "", len(text), _line(text, len(text)))
            return
        place, trim = yield from _action(text, begin)


def _trims_before(text: str, begin: int) -> bool:
    return text[begin + 2 : begin + 3] == "-" and text[begin + 3 : begin + 4] in tuple(_SPACES)


def _action(text: str, begin: int) -> _Inside:
    """Yield the tokens of one action; return where it ends, and whether it trims what follows."""
    place = begin + (4 if _trims_before(text, begin) else 2)
    if text.startswith("/*", place):
        return _comment(text, place)
    yield Token(Type.LEFT, LEFT, begin, _line(text, begin))
    depth = 0
    while True:
        trims = text[place : place + 1] in tuple(_SPACES) and text.startswith("-}}", place + 1)
        if trims or text.startswith(RIGHT, place):
            if depth:
                _fail(text, place, "unclosed left paren")
            yield Token(Type.RIGHT, RIGHT, place, _line(text, place))
            return place + (4 if trims else 2), trims
        token = _token(text, place)
        if token.type is Type.SPACE and text.startswith("-}}", place + len(token.value)):
            token = token._replace(value=token.value[:-1])  # the last one is the trim marker's
        depth += (token.type is Type.OPEN) - (token.type is Type.CLOSE)
        if depth < 0:
            _fail(text, place, "unexpected right paren")
        if token.value:
            yield token
        place += len(token.value)


def _comment(text: str, place: int) -> tuple[int, bool]:
    end = text.find("*/", place)
    if end < 0:
        _fail(text, place, "unclosed comment")
    end += 2
    trims = text[end : end + 1] in tuple(_SPACES) and text.startswith("-}}", end + 1)
    if not (trims or text.startswith(RIGHT, end)):
        _fail(text, end, "comment ends before closing delimiter")
    return end + (4 if trims else 2), trims


def _token(text: str, place: int) -> Token:
    if place >= len(text):
        _fail(text, place, "unclosed action")
    for kind, pattern in _INSIDE:
        if match := pattern.match(text, place):
            token = _named(Token(kind, match[0], place, _line(text, place)))
            _require_end(text, token)
            return token
    return _fail(text, place, f"unrecognized character in action: {_spelled(text[place])}")


def _named(token: Token) -> Token:
    if token.type is Type.NAME and token.value in _KEYWORDS:
        return token._replace(type=Type.KEYWORD)
    if token.type is Type.NAME and token.value in {"true", "false"}:
        return token._replace(type=Type.BOOL)
    return token


def _require_end(text: str, token: Token) -> None:
    """Raise SyntaxProblem where something stands close behind a word, or a quote is not closed."""
    behind = token.place + len(token.value)
    follows = text[behind : behind + 1]
    if token.type is Type.SIGN:
        if why := _UNTERMINATED.get(token.value):
            _fail(text, token.place, why)
        if token.value == ":":
            _fail(text, token.place, "expected :=")
        if number := _NO_NUMBER.match(text, token.place):
            _fail(text, token.place, f'bad number syntax: "{number[0]}"')
    elif token.type in _ENDS_AT_TERMINATOR:
        if follows and follows not in _TERMINATORS and not text.startswith(RIGHT, behind):
            _fail(text, token.place, f"bad character {_spelled(follows)}")
    elif token.type is Type.NUMBER and (follows.isalnum() or follows == "_"):
        word = token.value + follows
        _fail(text, token.place, f'bad number syntax: "{word}"')


def _spelled(sign: str) -> str:
    return f"U+{ord(sign):04X} '{sign}'" if sign.isprintable() else f"U+{ord(sign):04X}"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _fail(text: str, place: int, why: str) -> NoReturn:
    raise SyntaxProblem(_line(text, min(place, len(text))), why)
