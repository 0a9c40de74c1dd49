"""What a template finds in a value: lists of values, one for each action that is done."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, assert_never

from minipod.client.jsonpath.nodes import (
    END,
    EXISTS,
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
from minipod.client.jsonpath.printing import go_text
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minipod.client.jsonpath.nodes import Node, Path, Template

    Values = list[Any]

_GO_TYPES = {dict: "map[string]interface {}", str: "string", bool: "bool", int: "int64"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITY = frozenset({"==", "!="})


class PathError(BadRequest):
    """A path that makes no sense for a value."""


class Missing(PathError):
    """A key that is not there, where that is not allowed."""


def results(template: Template, value: Any, *, allow_missing: bool = True) -> list[Values]:
    """Return the values that each action of a template finds. PathError.

    Where `allow_missing`, a key that is not there finds nothing, else it is Missing.
    """
    found: list[Values] = []
    for part in template:
        if isinstance(part, Range):
            for each in _walk(part.path, [value], allow_missing):
                found += results(part.body, each, allow_missing=allow_missing)
        else:
            found.append(_walk(part, [value], allow_missing))
    return found


def _walk(path: Path, values: Values, lenient: bool) -> Values:  # noqa: FBT001 (passed through)
    for node in path:
        values = _step(node, values, lenient)
    return values


def _step(node: Node, values: Values, lenient: bool) -> Values:  # noqa: FBT001
    match node:
        case Text(text):
            return [text]
        case Literal(literal):
            return [literal for _ in values]
        case Field(name):
            return _field(name, values, lenient)
        case Wildcard():
            return [child for value in values for child in _children(value)]
        case Recursive():
            return _all_below(values)
        case Slice():
            return _elements(node, values)
        case Filter():
            return [each for value in values for each in _filtered(node, value, lenient)]
        case Union(paths):
            return [each for path in paths for each in _walk(path, values, lenient)]
        case Identifier(name):
            raise PathError(
                "not in range, nothing to end" if name == END else f"unrecognized identifier {name}"
            )
        case _:
            assert_never(node)


def _field(name: str, values: Values, lenient: bool) -> Values:  # noqa: FBT001
    found = [value[name] for value in values if isinstance(value, dict) and name in value]
    if values and not found and not lenient:
        raise Missing(f"{name} is not found")
    return found


def _children(value: Any) -> Sequence[Any]:
    """Return what is in a value, by key: of a text its bytes, as Go has it."""
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, list) else ()


def _all_below(values: Sequence[Any]) -> Values:
    """Return each value that has something in it, and what is below it, from the top down."""
    found: Values = []
    for value in values:
        if children := _children(value):
            found += [value, *_all_below(children)]
    return found


def _elements(wanted: Slice, values: Values) -> Values:
    found: Values = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            raise PathError(f"{_go_type(value)} is not array or slice")
        start, stop = _bounds(wanted, len(value))
        if start == stop:
            return found
        if wanted.step is not None and wanted.step <= 0:
            raise PathError("step must be > 0")
        found += value[start : stop : wanted.step or 1]
    return found


def _bounds(wanted: Slice, length: int) -> tuple[int, int]:
    """Return where a slice begins and ends in a list. PathError if that is outside."""
    start = wanted.start or 0
    stop = length if wanted.stop is None else wanted.stop
    start += length if start < 0 else 0
    stop += length if stop < 0 or (stop == 0 and wanted.single) else 0
    if start == stop:
        return start, stop
    if not 0 <= start < length:
        raise PathError(f"array index out of bounds: index {start}, length {length}")
    if not 0 <= stop <= length:
        raise PathError(f"array index out of bounds: index {stop - 1}, length {length}")
    if start > stop:
        raise PathError(f"starting index {start} is greater than ending index {stop}")
    return start, stop


def _filtered(wanted: Filter, value: Any, lenient: bool) -> Values:  # noqa: FBT001
    if not isinstance(value, list):
        raise PathError(f"{go_text(value)} is not array or slice and cannot be filtered")
    return [each for each in value if _passes(wanted, each, lenient)]


def _passes(wanted: Filter, element: Any, lenient: bool) -> bool:  # noqa: FBT001
    if wanted.operator == EXISTS:
        return _exists(wanted.left, element, lenient)
    sides = []
    for path in (wanted.left, wanted.right):
        found = _walk(path, [element], lenient)
        if not found:
            return False
        if len(found) > 1:
            raise PathError("can only compare one element at a time")
        sides.append(found[0])
    return _holds(wanted.operator, *sides)


def _exists(path: Path, element: Any, lenient: bool) -> bool:  # noqa: FBT001
    """Return whether a path finds something: also where it fails, unless by a missing key."""
    try:
        return bool(_walk(path, [element], lenient))
    except Missing:
        return False
    except PathError:
        return True


def _holds(sign: str, left: Any, right: Any) -> bool:
    """Compare as Go's templates do: only what is of one type."""
    compare = _COMPARE.get(sign)
    if compare is None:
        raise PathError(f"unrecognized filter operator {sign}")
    for side in (left, right):
        if not isinstance(side, (bool, int, float, str)):
            raise PathError("invalid type for comparison")
    if type(left) is not type(right):
        raise PathError("incompatible types for comparison")
    if isinstance(left, bool) and sign not in _EQUALITY:
        raise PathError("invalid type for comparison")
    return compare(left, right)


def _go_type(value: Any) -> str:
    return _GO_TYPES.get(type(value), "float64")
