"""JSON Patch (RFC 6902)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jsonpatch
import jsonpointer

from minipod.errors import BadRequest, InvalidObject, Problem

if TYPE_CHECKING:
    from minipod.model.pod import JSON

MAX_OPERATIONS: Final = 10_000
"""How many operations one patch may have, as in Kubernetes."""


def json_patch(obj: JSON, operations: Any) -> JSON:
    """Return an object with the operations done on it; all or none.

    BadRequest for what is no patch; InvalidObject for one that does not fit the object.
    """
    if not isinstance(operations, list):
        raise BadRequest("cannot read the patch: a JSON patch is a list of operations")
    if len(operations) > MAX_OPERATIONS:
        raise BadRequest(
            f"cannot apply the patch: it has {len(operations)} operations, "
            f"and {MAX_OPERATIONS} are allowed"
        )
    try:
        patch = jsonpatch.JsonPatch(operations)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        raise BadRequest(f"cannot read the patch: {error}") from error
    try:
        patched = patch.apply(obj)
    except jsonpatch.InvalidJsonPatch as error:
        raise BadRequest(f"cannot read the patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        problem = Problem("patch", f"cannot be applied: {error}")
        raise InvalidObject(
            f"the patch cannot be applied: {error}",
            [problem],
            of=(obj.get("kind", ""), obj.get("metadata", {}).get("name", "")),
        ) from error
    if not isinstance(patched, dict):
        raise BadRequest("cannot apply the patch: what it makes is no object")
    return patched
