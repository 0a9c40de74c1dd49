"""What a plain (unquoted) YAML scalar means: YAML 1.1 as go-yaml reads it for Kubernetes.

`yes` and `on` are booleans, 010 is eight, 1_000 a thousand; a date stays text.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

_YES = ("y", "yes", "true", "on")
_NO = ("n", "no", "false", "off")
_NULL = ("~", "null", "Null", "NULL")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def _cases(words: tuple[str, ...]) -> list[str]:
    return [form for word in words for form in (word, word.capitalize(), word.upper())]


_WORDS: dict[str, Scalar] = (
    dict.fromkeys(_cases(_YES), True) | dict.fromkeys(_cases(_NO), False) | dict.fromkeys(_NULL)
)
_NUMBER_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASES = {"x": 16, "o": 8, "b": 2}
_MAX_DIGITS = 64
_INT64 = range(-(2**63), 2**63)


class NotJSON(ValueError):
    """A number that JSON, and so Kubernetes, cannot hold."""


def resolve(text: str) -> Scalar:
    """Return what a plain scalar means; NotJSON for infinities, NaN and more than 64 bits."""
    if not text:
        return None
    if text[0] in _NUMBER_START:
        return _number(text)
    return _WORDS.get(text, text)


def integer(digits: str) -> int:
    """Return an integer in Go's notation, which allows 0x, 0o, 0b and octal 0777."""
    sign = -1 if digits.startswith("-") else 1
    bare = digits.lstrip("+-")
    base = _BASES.get(bare[1:2].lower(), 8) if bare[0] == "0" and len(bare) > 1 else 10
    number = bare[2:] if bare[1:2].isalpha() else bare
    if len(number) <= _MAX_DIGITS and (value := sign * int(number, base)) in _INT64:
        return value
    raise NotJSON(f"the number {shortened(digits)} does not fit in 64 bits")


def real(digits: str) -> float:
    """Return a decimal number."""
    value = float(digits)
    if math.isfinite(value):
        return value
    raise NotJSON(f"the number {shortened(digits)} does not fit in 64 bits")


def shortened(text: str) -> str:
    """Return a text of a length that a message bears."""
    return text if len(text) <= 40 else f"{text[:37]}…"


def _number(text: str) -> Scalar:
    if _INFINITE.fullmatch(text):
        raise NotJSON(f"{text} is no number that JSON can hold")
    plain = text.replace("_", "")
    if _INTEGER.match(plain):
        return integer(plain)
    if not _FLOAT.match(plain):
        return text
    value = real(plain)
    return int(value) if value.is_integer() and int(value) in _INT64 else value
