"""Waiting until objects are gone, told on a terminal when that takes long."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from minipod.cli.telling.progress import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from minipod.client import Api

    JSON = dict[str, Any]


def wait_gone(api: Api, deleted: Sequence[JSON], timeout: float = 0) -> None:
    """Wait until these are gone, and show who is left. TimedOut after so many seconds; 0: never."""
    from minipod.client.waits import deletion

    with left_of(deleted) as left:
        deletion.wait(api, deleted, left, until=time.monotonic() + timeout if timeout else None)


@contextmanager
def left_of(deleted: Sequence[JSON]) -> Iterator[set[str]]:
    """Show within who is left of these: the uids in the set that this gives, which is empty yet."""
    left: set[str] = set()

    def here() -> list[JSON]:
        uids = set(left)
        return [obj for obj in deleted if obj["metadata"]["uid"] in uids]

    with showing(here, len(deleted)):
        yield left


def showing(left: Callable[[], list[JSON]], total: int | None = None) -> Waiting:
    """Show within which objects are left, of so many; None: of those that are left now."""
    among = len(left()) if total is None else total

    def text() -> str:
        from minipod.cli.telling.words import ending

        return ending([obj["metadata"] for obj in left()], among, time.time())

    return Waiting(text)
