"""Names that the server gives."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from minipod.manifest import SUFFIX_LENGTH, SUFFIX_LETTERS, generated_name

if TYPE_CHECKING:
    from minipod.model.pod import JSON


def named(obj: JSON) -> JSON:
    """Return an object with a name: its own, or one made from `generateName`."""
    metadata = obj["metadata"]
    if metadata.get("name"):
        return obj
    suffix = "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))
    name = generated_name(metadata["generateName"], suffix)
    return obj | {"metadata": metadata | {"name": name}}
