"""The annotation in which `kubectl apply` keeps what it applied last, byte for byte as kubectl's.

Go's encoder writes keys in order, no blanks, and three letters of HTML as escapes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from minipod.model.pod import JSON

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

_ESCAPED: Final = str.maketrans(
    {letter: f"\\u{ord(letter):04x}" for letter in ("<", ">", "&", "\u2028", "\u2029")}
)


def with_last_applied(obj: JSON) -> JSON:
    """Return an object as a file has it, with the annotation that tells of it."""
    told = without_last_applied(obj)
    marked = told["metadata"]["annotations"] | {LAST_APPLIED: _written(told)}
    return obj | {"metadata": obj["metadata"] | {"annotations": marked}}


def without_last_applied(obj: JSON) -> JSON:
    """Return an object as a file has it, without the annotation but with a mapping for others."""
    metadata = obj["metadata"]
    annotations = dict(metadata.get("annotations") or {})
    annotations.pop(LAST_APPLIED, None)
    return obj | {"metadata": metadata | {"annotations": annotations}}


def last_applied(obj: JSON) -> JSON | None:
    """Return what was applied last to an object; None if nothing was.

    BadRequest if it cannot be read: what then left the file could not be told from what others set.
    """
    text = (obj["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _broken(obj) from error
    if found is not None and not isinstance(found, dict):
        raise _broken(obj)
    return found


def _broken(obj: JSON) -> BadRequest:
    where = f"{obj['kind'].lower()}/{obj['metadata']['name']}"
    return BadRequest(
        f"cannot apply to {where}: its annotation {LAST_APPLIED} is no JSON object",
        hint=f"`minipod annotate {where} {LAST_APPLIED}-` removes it",
    )


def _written(obj: JSON) -> str:
    text = json.dumps(obj, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPED) + "\n"
