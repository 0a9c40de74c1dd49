"""Counting what is made of files, told on a terminal when that takes long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from minipod.cli.telling.progress import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

_AFTER = 1.0  # seconds


class Making:
    """Shows while its block runs how many objects are done, of how many.

    `done` is the word for it; `total` is asked when the line is first shown, and may not know.
    """

    def __init__(self, done: str, total: Callable[[], int | None]) -> None:
        self.count = 0
        self._done = done
        self._ask = total
        self._asked = False
        self._total: int | None = None
        self._began = time.monotonic()
        self._waiting = Waiting(self._text, after=_AFTER)

    def __enter__(self) -> Self:
        self._waiting.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.__exit__()

    def _text(self) -> str:
        from minipod.cli.telling.words import made

        if not self._asked:
            self._asked = True
            self._total = self._ask()
        return made(self.count, self._total, self._done, time.monotonic() - self._began)
