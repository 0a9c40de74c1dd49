"""Names that the server makes from `metadata.generateName`."""

from __future__ import annotations

from typing import Final

SUFFIX_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of a suffix: no vowels, so that no word comes out, and nothing easily mistaken."""

SUFFIX_LENGTH: Final = 5
_MAX_LENGTH: Final = 63


def generated_name(prefix: str, suffix: str) -> str:
    """Return a prefix, cut so that the whole fits 63 characters, and a suffix chosen at random."""
    return prefix[: _MAX_LENGTH - len(suffix)] + suffix
