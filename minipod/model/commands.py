"""A command line for people: as one could type it."""

from __future__ import annotations

import shlex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def typed(words: Sequence[str]) -> str:
    """Return a command line as one could type it; what is no command line stays as it is."""
    program, *arguments = words
    if " " in program and not any(arguments):
        return program  # a title that the program gave itself, over all its arguments
    return shlex.join(words)
