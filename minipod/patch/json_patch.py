"""JSON Patch (RFC 6902)."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import jsonpatch
import jsonpointer

from minipod.errors import BadRequest, InvalidObject, Problem

if TYPE_CHECKING:
    from minipod.model.pod import JSON

MAX_OPERATIONS: Final = 10_000
"""How many operations one patch may have, as in Kubernetes."""
MAX_COPIED: Final = 3 << 20
"""How many bytes its copies may make, as in Kubernetes: forty that double would fill the memory."""


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
        patched = _applied(obj, patch)
    except jsonpatch.InvalidJsonPatch as error:
        raise BadRequest(f"cannot read the patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        raise _unfit(obj, str(error)) from error
    if not isinstance(patched, dict):
        raise BadRequest("cannot apply the patch: what it makes is no object")
    return patched


def _applied(obj: JSON, patch: jsonpatch.JsonPatch) -> Any:
    """Return an object with the operations done on it, one by one, so that copies are counted."""
    patched: Any = deepcopy(obj)
    copied = 0
    for operation in patch.patch:
        copied += _copied(patched, operation)
        if copied > MAX_COPIED:
            raise BadRequest(f"cannot apply the patch: it copies more than {MAX_COPIED >> 20} MB")
        try:
            patched = jsonpatch.JsonPatch([operation]).apply(patched, in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            raise _unfit(obj, f"testing value {operation['path']} failed") from error
    return patched


def _copied(obj: Any, operation: JSON) -> int:
    """Return how many bytes an operation is about to copy."""
    if operation["op"] != "copy" or not isinstance(operation.get("from"), str):
        return 0
    return len(json.dumps(jsonpointer.resolve_pointer(obj, operation["from"])))


def _unfit(obj: JSON, why: str) -> InvalidObject:
    return InvalidObject(
        f"the patch cannot be applied: {why}",
        [Problem("patch", f"cannot be applied: {why}")],
        of=(obj.get("kind", ""), obj.get("metadata", {}).get("name", "")),
    )
