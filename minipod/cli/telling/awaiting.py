"""Waiting for objects one after the other, told on a terminal when that takes long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from minipod.cli.telling.progress import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipod.client.targets import Target
    from minipod.client.waits.waiting import Outcome


def awaiting(
    outcomes: Iterable[Outcome], targets: Sequence[Target], what: str = ""
) -> Iterator[Outcome]:
    """Yield what comes of each target, and show meanwhile which are left.

    `what` is what they are waited for to do: " to be ready".
    """
    left, began = dict.fromkeys(targets), time.monotonic()

    def text() -> str:
        from minipod.cli.telling.words import awaited

        names = [target.name for target in list(left)]
        return awaited(names, len(targets), what, time.monotonic() - began)

    with Waiting(text):
        for outcome in outcomes:
            left.pop(outcome.target, None)
            yield outcome
