"""A patch as a user writes it, YAML or JSON, to the values that it stands for."""

from __future__ import annotations

from typing import Any

from minipod.client.changes.patches import Patch, PatchKind
from minipod.errors import BadRequest, InvalidManifest
from minipod.manifest.reader import read
from minipod.manifest.text import Source

KINDS = {"strategic": PatchKind.STRATEGIC, "merge": PatchKind.MERGE, "json": PatchKind.JSON}
"""The kinds of patches by kubectl's words for them."""


def patch_of(name: str, text: str, kind: PatchKind) -> Patch:
    """Return the patch in a text that errors call `name`.

    InvalidManifest, with its place, if it cannot be read; BadRequest if it is no patch of the kind.
    """
    body = value_of(name, text)
    if kind is PatchKind.JSON:
        if not (isinstance(body, list) and all(isinstance(one, dict) for one in body)):
            raise BadRequest(f'{name}: a patch of --type json is a list: [{{"op": "add", …}}, …]')
    elif not isinstance(body, dict):
        raise BadRequest(f"{name}: a patch is part of an object: {{metadata: {{labels: …}}}}")
    return Patch(kind, body)


def value_of(name: str, text: str) -> Any:
    """Return the one value that a text holds, YAML or JSON. InvalidManifest, BadRequest."""
    reading = read(Source(name, text))
    if reading.problems:
        raise InvalidManifest(reading.problems)
    values = [tree.value for tree in reading.trees if tree.value is not None]
    if len(values) != 1:
        raise BadRequest(f"{name}: it holds {len(values)} objects, not one")
    return values[0]
