"""Changes as the API takes them: how a patch speaks, and what becomes of unknown fields."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple


class PatchKind(StrEnum):
    """How a patch speaks: by its media type."""

    STRATEGIC = "application/strategic-merge-patch+json"
    MERGE = "application/merge-patch+json"
    JSON = "application/json-patch+json"


class Validation(StrEnum):
    """What becomes of fields that are not known: an error, a warning, nothing."""

    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


class Patch(NamedTuple):
    """A change to an object: a part of one, or for PatchKind.JSON a list of operations."""

    kind: PatchKind
    body: Any
    validation: Validation = Validation.WARN

    @property
    def unusual_validation(self) -> Validation | None:
        """What the server has to be told of the validation: nothing of its own way."""
        return None if self.validation is Validation.WARN else self.validation
