"""A watch that outlives the server: the next one has the same history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from minipod.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.client.api import Api
    from minipod.client.kinds import Kind, Where

BACK_WITHIN = 5.0
"""Seconds in which a server that was killed, or is restarted, answers again."""

_LOOK_AGAIN = 0.05


def watched(
    api: Api, kind: Kind, where: Where, after: str, *, table: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield watch events after a resourceVersion, from one server after the other. Expired.

    Unavailable if none comes back: one that was stopped is not started again for this.
    """
    while True:
        try:
            for event in api.watch(kind, where, after, table=table):
                after = event["object"]["metadata"].get("resourceVersion", after)
                yield event
        except Unavailable:
            if not _is_back(api):
                raise
        else:
            return


def _is_back(api: Api) -> bool:
    until = time.monotonic() + BACK_WITHIN
    while time.monotonic() < until:
        time.sleep(_LOOK_AGAIN)
        if api.answers():
            return True
    return False
