"""Stopping a root's server, and waiting until it has stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from minipod.errors import Unavailable

if TYPE_CHECKING:
    from minipod.client.client import Client

_DEADLINE = 10.0  # seconds; a server that stops has only to close its store
_LOOK_AGAIN = 0.01


def stop(client: Client) -> bool:
    """Return True when the server has ended, False if none ran. Unavailable if it stays."""
    if not client.answers():
        return False
    client.stop_server()
    deadline = time.monotonic() + _DEADLINE
    while client.answers():
        if time.monotonic() > deadline:
            raise Unavailable(f"cannot stop the server of {client.root}: it still answers")
        time.sleep(_LOOK_AGAIN)
    return True
