"""Values as kubectl prints them: as Go's fmt has them, maps and lists as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from minipod.client.text.gojson import compact, indented

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def text(found: Iterable[Sequence[Any]]) -> str:
    """Return what `-o jsonpath` prints: values of one action a space apart, actions close."""
    return "".join(" ".join(map(_shown, values)) for values in found)


def as_json(found: Iterable[Sequence[Any]]) -> str:
    """Return what `-o jsonpath-as-json` prints: each action's values as one indented list."""
    return "".join(indented(values) + "\n" for values in found)


def go_text(value: Any) -> str:
    """Return a value as Go's fmt.Sprint has it."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case dict():
            return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(map(go_text, value))}]"
        case _:
            return str(value)


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return compact(value)
    return "null" if value is None else go_text(value)


def _float(value: float) -> str:
    """Return the shortest digits that mean a number, with an exponent from 21 places on."""
    if value == 0 or 1e-4 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:  # inf and nan, which JSON has not
        return mantissa
    return f"{mantissa}e{int(exponent):+03d}"
