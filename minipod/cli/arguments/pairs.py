"""`pod web app=x old-`: objects first, then what is to become of them, on one command line."""

from __future__ import annotations

from typing import NamedTuple

import click


class Words(NamedTuple):
    """A command line, told apart."""

    resources: tuple[str, ...]
    pairs: tuple[str, ...]


def split(words: tuple[str, ...], what: str) -> Words:
    """Tell words that name objects from `K=V` and `K-`, as kubectl does.

    UsageError if an object stands behind a pair; `what` the pairs are about is in its text.
    """
    first = next((place for place, word in enumerate(words) if _is_pair(word)), len(words))
    pairs = words[first:]
    for word in pairs:
        if not _is_pair(word):
            raise click.UsageError(f"all resources must be specified before {what} changes: {word}")
    return Words(words[:first], pairs)


def _is_pair(word: str) -> bool:
    return "=" in word[1:] or (word.endswith("-") and word != "-")
