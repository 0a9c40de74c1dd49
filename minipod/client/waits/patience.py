"""Asking a server that may be killed while it answers: the next one is there at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from minipod.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TRIES = 3
"""How often to ask: a server that was killed is back by the second."""


def patiently(ask: Callable[[], T]) -> T:
    """Return an answer, from the next server if one ends while it answers. Unavailable.

    `ask` is what may be done twice.
    """
    for _ in range(TRIES - 1):
        try:
            return ask()
        except Unavailable:
            continue
    return ask()
