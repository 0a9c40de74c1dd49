"""Lists whose items have a key, or are their own: found, put in order, told apart.

The order is Kubernetes': items of a patch in the patch's order, those that only the server has in
between, as near to where they were as that allows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DIRECTIVE: Final = "$patch"
DELETE: Final = "delete"


def key_of(item: Any, key: str) -> Any:
    """Return what tells an item from others. BadRequest if it lacks the field."""
    if not key:
        if isinstance(item, dict | list):
            raise BadRequest(f"cannot apply the patch: {shown(item)} stands where values do")
        return item
    if not isinstance(item, dict):
        raise BadRequest(f"cannot apply the patch: {shown(item)} stands where mappings do")
    if key not in item or isinstance(item[key], dict | list):
        raise BadRequest(
            f"cannot apply the patch: map: {shown(item)} does not contain declared merge key: {key}"
        )
    return item[key]


def by_key(items: Iterable[Any], key: str) -> dict[Any, Any]:
    """Return items by what tells them apart; of two that are alike, the first."""
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(_marked(key_of(item, key)), item)
    return found


def alike(items: Iterable[Any], key: str) -> dict[Any, list[Any]]:
    """Return all items by what tells them apart: a port may stand there as TCP and as UDP."""
    found: dict[Any, list[Any]] = {}
    for item in items:
        found.setdefault(_marked(key_of(item, key)), []).append(item)
    return found


def find(items: Sequence[Any], wanted: Any, key: str) -> int | None:
    """Return where the item stands that another is meant for."""
    mark = _marked(key_of(wanted, key))
    places = (place for place, item in enumerate(items) if _marked(key_of(item, key)) == mark)
    return next(places, None)


def in_order(
    items: Sequence[Any], order: Sequence[Any], before: Sequence[Any], key: str
) -> list[Any]:
    """Return items with those that `order` names in its order, the others as they were `before`."""
    wanted, was = _places(order, key), _places(before, key)
    named = [item for item in items if _mark(item, key) in wanted]
    others = [item for item in items if _mark(item, key) not in wanted]
    named.sort(key=lambda item: wanted[_mark(item, key)])
    others.sort(key=lambda item: was.get(_mark(item, key), len(was)))
    return list(_interleaved(others, named, was, key))


def _interleaved(left: list[Any], right: list[Any], was: dict[Any, int], key: str) -> Iterable[Any]:
    """Yield both lists, each in its order; one of `left` where it stood before the next `right`."""
    left, right = left[::-1], right[::-1]
    while left and right:
        places = was.get(_mark(left[-1], key)), was.get(_mark(right[-1], key))
        known = places[0] is not None and places[1] is not None
        yield (left if known and places[0] < places[1] else right).pop()  # type: ignore[operator]
    yield from reversed(left or right)


def _places(items: Sequence[Any], key: str) -> dict[Any, int]:
    places: dict[Any, int] = {}
    for place, item in enumerate(items):
        places.setdefault(_mark(item, key), place)
    return places


def _mark(item: Any, key: str) -> Any:
    return _marked(key_of(item, key))


def _marked(value: Any) -> Any:
    """Return a value that differs from every other: to Python, True is 1."""
    return type(value), value


def is_deletion(item: Any) -> bool:
    """Return whether an item of a patch says that the one it names is to go."""
    return isinstance(item, dict) and item.get(DIRECTIVE) == DELETE


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same, types and all."""
    return bool(one == other) and _text(one) == _text(other)


def shown(value: Any) -> str:
    """Return a value for a message."""
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
