"""`--sort-by`: objects in the order of what a JSONPath finds in each."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, TypeVar

from minipod.client import jsonpath
from minipod.client.text.quantity import quantity
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    T = TypeVar("T")

_NUMBERS = (int, float)


def ordered(items: Sequence[T], path: str, value_of: Callable[[T], Any]) -> list[T]:
    """Return items by what a path finds in the value of each; where it finds nothing, first.

    BadRequest if it finds nothing in any of several, or values that have no order.
    """
    template = jsonpath.relaxed(path)
    parsed = jsonpath.parse(template)
    found = [_first(jsonpath.results(parsed, value_of(item))) for item in items]
    if len(items) > 1 and not any(found):
        raise BadRequest(f'couldn\'t find any field with path "{template}" in the list of objects')
    order = cmp_to_key(_compare)
    return [item for _, item in sorted(zip(found, items, strict=True), key=lambda p: order(p[0]))]


def _first(found: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Return the first value that was found, alone, or nothing."""
    return tuple(found[0][:1]) if found else ()


def _compare(left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    if not (left and right):
        return len(left) - len(right)
    one, other = left[0], right[0]
    if None in (one, other):
        return (one is not None) - (other is not None)
    for value in (one, other):
        if isinstance(value, (dict, list, bool)):
            raise BadRequest(f"cannot sort by {jsonpath.go_text(value)}: it has no order")
    if isinstance(one, str) and isinstance(other, str):
        amount, amount_of_other = quantity(one), quantity(other)
        if amount is not None and amount_of_other is not None:
            return _sign(amount, amount_of_other)
    elif not (isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS)):
        raise BadRequest("cannot sort by values of several types")
    return _sign(one, other)


def _sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)
