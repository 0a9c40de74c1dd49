"""Stopping a root's server, and waiting until it has stopped."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

from minipod.errors import Unavailable
from minipod.sandbox.protocol import LOCK

if TYPE_CHECKING:
    from minipod.client.api import Api

_DEADLINE = 10.0  # seconds; a server that stops has only to close its store
_LOOK_AGAIN = 0.01


def stop(api: Api) -> bool:
    """Return True when the server has ended, False if none ran. Unavailable if it stays.

    Its zygote holds the root's lock to the end: nothing of both is left when the lock is free.
    """
    if not api.answers():
        return False
    lock = os.open(f"{api.root}/{LOCK}", os.O_RDWR | os.O_CLOEXEC)
    try:
        api.own.stop()
        _wait(api.root, lock)
    finally:
        os.close(lock)
    return True


def _wait(root: str, lock: int) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unavailable(f"cannot stop the server of {root}: it is still there") from None
            time.sleep(_LOOK_AGAIN)
        else:
            return
