"""eq, ne, lt, le, gt and ge: Go compares only what is of one kind."""

from __future__ import annotations

from typing import Any

from minipod.client.gotemplate.formatting import sprintf
from minipod.client.gotemplate.values import MISSING, go_type

_BASIC = frozenset({"bool", "int", "float64", "string"})
"""Go's kinds of values that can be compared; integers of all sizes are one kind."""
_WRONG = "incompatible types for comparison"


class CallError(Exception):
    """What a function says of what it was given."""


def eq(first: Any, *others: Any) -> bool:
    """Return whether the first is equal to one of the others. CallError."""
    if not others:
        raise CallError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def ne(one: Any, other: Any) -> bool:
    """Return whether two differ. CallError."""
    return not _equal(one, other)


def lt(one: Any, other: Any) -> bool:
    """Return whether the first is less. CallError."""
    for value in (one, other):
        if _kind(value) not in _BASIC:
            raise CallError("invalid type for comparison")
    if _kind(one) != _kind(other):
        raise CallError(_WRONG)
    if isinstance(one, bool):
        raise CallError("invalid type for comparison")
    less: bool = one < other
    return less


def le(one: Any, other: Any) -> bool:
    """Return whether the first is not greater. CallError."""
    return lt(one, other) or _equal(one, other)


def gt(one: Any, other: Any) -> bool:
    """Return whether the first is greater. CallError."""
    return not le(one, other)


def ge(one: Any, other: Any) -> bool:
    """Return whether the first is not less. CallError."""
    return not lt(one, other)


def _kind(value: Any) -> str:
    return go_type(value).removesuffix("64") if isinstance(value, int) else go_type(value)


def _equal(one: Any, other: Any) -> bool:
    nothing = [value is None or value is MISSING for value in (one, other)]
    if any(nothing):
        return all(nothing)
    kinds = _kind(one), _kind(other)
    if kinds[0] != kinds[1]:
        if kinds[0] in _BASIC or kinds[1] in _BASIC:
            raise CallError(_WRONG)
        told = "non-comparable types %s: %v, %s: %v"
        raise CallError(sprintf(told, one, kinds[0], kinds[1], other))
    if kinds[0] not in _BASIC:
        raise CallError(sprintf("non-comparable type %s: %v", other, kinds[1]))
    return bool(one == other)
