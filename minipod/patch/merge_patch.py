"""JSON Merge Patch (RFC 7386)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from minipod.model.pod import JSON


def merge_patch(obj: JSON, patch: Any) -> JSON:
    """Return an object with a patch merged in. BadRequest for what would make something else."""
    if not isinstance(patch, dict):
        raise BadRequest("cannot read the patch: it is no mapping")
    result: JSON = merged(obj, patch)
    return result


def merged(target: Any, patch: Any) -> Any:
    """Return any value as a patch has it: null removes, a mapping merges, the rest replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
