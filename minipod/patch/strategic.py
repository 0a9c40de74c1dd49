"""Strategic merge patches: part of an object, merged into it by what is known of its lists.

The semantics, and every directive, are those of k8s.io/apimachinery/pkg/util/strategicpatch:

    $patch: delete                      a mapping becomes empty; a list's item goes
    $patch: replace                     what stands beside it is taken as it is
    $retainKeys: [NAMES]                the other fields of the mapping go
    $setElementOrder/LIST: [ITEMS]      the order of a list that merges
    $deleteFromPrimitiveList/LIST: [VALUES]
                                        values that go from a list that merges
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from minipod.errors import BadRequest
from minipod.patch.lists import DELETE, DIRECTIVE, by_key, find, in_order, key_of, shown
from minipod.patch.shapes import SHAPES

if TYPE_CHECKING:
    from minipod.model.pod import JSON
    from minipod.patch.shapes import Shape

REPLACE: Final = "replace"
RETAIN: Final = "$retainKeys"
ORDER: Final = "$setElementOrder/"
REMOVE: Final = "$deleteFromPrimitiveList/"


def strategic(obj: JSON, patch: Any) -> JSON:
    """Return an object with a patch merged in; neither is changed. BadRequest."""
    if not isinstance(patch, dict):
        raise BadRequest("cannot read the patch: it is no mapping")
    return merged(obj, patch, SHAPES[obj["kind"]])


def merged(original: JSON, patch: JSON, shape: Shape) -> JSON:
    """Return a mapping with a patch merged in. BadRequest."""
    if DIRECTIVE in patch:
        return _directed(patch)
    result = _retained(original, patch)
    for name in patch:
        if name.startswith(ORDER):
            _put_ordered(result, patch, name.removeprefix(ORDER), shape)
    for name, value in patch.items():
        if name.startswith(REMOVE):
            _remove_values(result, name.removeprefix(REMOVE), value)
        elif name != RETAIN and not name.startswith(ORDER) and ORDER + name not in patch:
            _put(result, name, value, shape.field(name))
    return result


def _put(result: JSON, name: str, value: Any, shape: Shape) -> None:
    before = result.get(name)
    if value is None:
        result.pop(name, None)
    elif isinstance(before, dict) and isinstance(value, dict):
        result[name] = merged(before, value, shape)
    elif isinstance(before, list) and isinstance(value, list):
        result[name] = merged_list(before, value, shape)
    else:
        result[name] = _plain(value)


def merged_list(original: list[Any], patch: list[Any], shape: Shape) -> list[Any]:
    """Return a list with a patch merged in, or replaced where such lists do not merge."""
    if shape.key is None:
        return patch
    kept, changes = _without_directed(original, patch, shape.key)
    result = list(kept)
    for item in changes:
        place = find(result, item, shape.key)
        if place is None:
            result.append(_plain(item))
        elif shape.key:
            result[place] = merged(result[place], item, shape)
    return in_order(result, changes, kept, shape.key)


def _without_directed(
    original: list[Any], patch: list[Any], key: str
) -> tuple[list[Any], list[Any]]:
    """Obey the items with a directive; return what they leave of the original and of the patch."""
    changes = [item for item in patch if not (isinstance(item, dict) and DIRECTIVE in item)]
    directed = [item for item in patch if isinstance(item, dict) and DIRECTIVE in item]
    gone = by_key((item for item in directed if item[DIRECTIVE] == DELETE), key)
    for item in directed:
        if item[DIRECTIVE] not in (DELETE, REPLACE):
            raise _unknown_directive(item)
    if any(item[DIRECTIVE] == REPLACE for item in directed):
        return changes, []
    return [item for item in original if not gone or not by_key([item], key).keys() & gone], changes


def _put_ordered(result: JSON, patch: JSON, name: str, shape: Shape) -> None:
    """Merge a list and put it in the order that the patch has for it."""
    order, given, below = patch[ORDER + name], patch.get(name), shape.field(name)
    if not isinstance(order, list) or below.key is None:
        raise BadRequest(f"cannot apply the patch: {ORDER}{name} is no order of a list that merges")
    if name in patch and not isinstance(given, list):
        _put(result, name, given, below)
        return
    _check_order(given or [], order, below.key)
    before = result.get(name)
    if not isinstance(before, list):
        if given is None:
            return
        before = []
    both = merged_list(before, given, below) if given else before
    result[name] = in_order(both, order, before, below.key)


def _check_order(given: list[Any], order: list[Any], key: str) -> None:
    """Refuse a patch whose list is not ordered as it says."""
    rest = iter([key_of(item, key) for item in order])
    for item in given:
        if isinstance(item, dict) and DIRECTIVE in item:
            continue
        if key_of(item, key) not in rest:
            raise BadRequest(
                f"cannot apply the patch: the order in patch list: {shown(given)} "
                f"doesn't match {ORDER.rstrip('/')} list: {shown(order)}"
            )


def _remove_values(result: JSON, name: str, values: Any) -> None:
    if not isinstance(values, list):
        raise BadRequest(f"cannot apply the patch: {REMOVE}{name} is no list")
    if isinstance(result.get(name), list):
        gone = by_key(values, "")
        result[name] = [item for item in result[name] if not by_key([item], "").keys() & gone]


def _retained(original: JSON, patch: JSON) -> JSON:
    """Return the fields that a patch lets stand."""
    if RETAIN not in patch:
        return dict(original)
    names = patch[RETAIN]
    given = [
        name
        for name, value in patch.items()
        if value is not None and name != RETAIN and not name.startswith((ORDER, REMOVE))
    ]
    if not isinstance(names, list) or any(name not in names for name in given):
        raise BadRequest(f"cannot apply the patch: {RETAIN} must list the fields beside it")
    return {name: value for name, value in original.items() if name in names}


def _directed(patch: JSON) -> JSON:
    if patch[DIRECTIVE] == REPLACE:
        return {name: value for name, value in patch.items() if name != DIRECTIVE}
    if patch[DIRECTIVE] == DELETE:
        return {}
    raise _unknown_directive(patch)


def _unknown_directive(patch: JSON) -> BadRequest:
    return BadRequest(
        f"cannot apply the patch: unknown patch type {shown(patch[DIRECTIVE])} in {shown(patch)}",
        hint="use delete or replace",
    )


def _plain(value: Any) -> Any:
    """Return a value that is new to the object: without directives, and without nulls in it."""
    if isinstance(value, list):
        return [_plain(item) for item in value if not _is_only_directive(item)]
    if not isinstance(value, dict):
        return value
    if value.get(DIRECTIVE) == DELETE:
        return {}
    return {
        name: _plain(item)
        for name, item in value.items()
        if item is not None and not _is_directive(name)
    }


def _is_directive(name: str) -> bool:
    return name in (DIRECTIVE, RETAIN) or name.startswith((ORDER, REMOVE))


def _is_only_directive(item: Any) -> bool:
    return isinstance(item, dict) and DIRECTIVE in item
