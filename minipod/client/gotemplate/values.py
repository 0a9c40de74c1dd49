"""Values as Go's templates have them, and as its fmt prints them."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any, Final

_ESCAPES = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v",
    '"': r"\"", "\\": r"\\",
}  # fmt: skip


class Int64(int):
    """A whole number of JSON: another type in Go than a template's own."""


class Nothing(Enum):
    """What a key leads to that is not there: no value at all, not even nil."""

    MISSING = "<no value>"


MISSING: Final = Nothing.MISSING
_TYPES = {
    dict: "map[string]interface {}",
    list: "[]interface {}",
    str: "string",
    bool: "bool",
    int: "int",
    Int64: "int64",
    float: "float64",
}


def from_json(value: Any) -> Any:
    """Return a JSON value as Go decodes it."""
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value)
    return value


def go_type(value: Any) -> str:
    """Return what Go calls the type of a value."""
    if value is None or value is MISSING:
        return "<nil>"
    return _TYPES[type(value)]


def truth(value: Any) -> bool:
    """Return whether a value counts as true: what is there, and is neither empty nor 0."""
    return value is not MISSING and bool(value)


def shown(value: Any) -> str:
    """Return a value as fmt.Sprint has it."""
    match value:
        case Nothing():
            return value.value
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float():
            return shortest(value)
        case dict():
            return f"map[{' '.join(f'{key}:{shown(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(map(shown, value))}]"
        case _:
            return str(value)


def shortest(value: float) -> str:
    """Return the fewest digits that mean a number, with an exponent from a million on."""
    if value != value or abs(value) == float("inf"):  # noqa: PLR0124 (not a number)
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    digits = Decimal(repr(value)).normalize()
    exponent = digits.adjusted()
    if value == 0 or -4 <= exponent <= 5:
        plain = format(digits, "f")
        return "-0" if plain == "0" and str(value)[0] == "-" else plain
    sign, numbers, _ = digits.as_tuple()
    mantissa = "".join(map(str, numbers))
    point = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{'-' if sign else ''}{mantissa[0]}{point}e{exponent:+03d}"


def quoted(text: str) -> str:
    """Return a text as Go writes it in quotes (strconv.Quote)."""
    return '"' + "".join(map(_escaped, text)) + '"'


def quoted_character(char: str) -> str:
    """Return a character as Go writes it (strconv.QuoteRune)."""
    return "'" + {"'": r"\'", '"': '"'}.get(char, _escaped(char)) + "'"


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    number = ord(char)
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
