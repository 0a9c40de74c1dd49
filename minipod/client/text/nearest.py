"""What somebody may have meant: the words nearest to one that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 3


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return at most three of the known words: those that it begins, then the most similar."""
    from difflib import get_close_matches  # noqa: PLC0415 (only after a mistake)

    words = list(dict.fromkeys(known))
    begun = sorted(one for one in words if word and one.startswith(word))
    return list(dict.fromkeys([*begun, *get_close_matches(word, words, _MOST)]))[:_MOST]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the question whether one of the known words was meant; None if none is near."""
    found = [f'"{one}"' for one in nearest(word, known)]
    return f"did you mean {' or '.join(found)}?" if found else None
