"""What `kubectl apply` sends: the patch that makes of the live object what a file wants.

Kept is what others have set; gone is what the file had when it was last applied and has no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.patch.difference import Wanted, difference
from minipod.patch.lists import find, in_order, is_deletion
from minipod.patch.shapes import SHAPES
from minipod.patch.strategic import ORDER

if TYPE_CHECKING:
    from minipod.model.pod import JSON
    from minipod.patch.shapes import Shape


def three_way(last_applied: JSON, live: JSON, new: JSON) -> JSON:
    """Return the strategic merge patch for a live object; empty if there is nothing to do."""
    shape = SHAPES[live["kind"]]
    delta = difference(live, new, shape, Wanted(deletions=False))
    deletions = difference(last_applied, new, shape, Wanted(changes=False))
    return _joined(deletions, delta, shape)


def _joined(deletions: JSON, delta: JSON, shape: Shape) -> JSON:
    """Return one patch that does what two do, which never speak of the same differently."""
    result = dict(deletions)
    for name, value in delta.items():
        other, below = result.get(name), shape.field(name)
        if isinstance(other, dict) and isinstance(value, dict):
            result[name] = _joined(other, value, below)
        elif isinstance(other, list) and isinstance(value, list) and below.key:
            result[name] = _joined_lists(other, value, below)
        else:
            result[name] = value
    return {name: _sorted(name, value, result, shape) for name, value in result.items()}


def _joined_lists(deletions: list[Any], delta: list[Any], shape: Shape) -> list[Any]:
    assert shape.key
    result = list(deletions)
    for item in delta:
        place = find(result, item, shape.key)
        if place is None:
            result.append(item)
        else:
            result[place] = _joined(result[place], item, shape)
    return result


def _sorted(name: str, value: Any, patch: JSON, shape: Shape) -> Any:
    """Return a list of a patch in the order that it sets, its deletions last."""
    order, key = patch.get(ORDER + name), shape.field(name).key
    if not isinstance(value, list) or not isinstance(order, list) or not key:
        return value
    kept = [item for item in value if not is_deletion(item)]
    return in_order(kept, order, kept, key) + [item for item in value if is_deletion(item)]
