"""The kernel's words in our messages."""

from __future__ import annotations


def reason(error: OSError) -> str:
    """Return why something failed, as the end of a sentence."""
    return (error.strerror or str(error)).lower()
