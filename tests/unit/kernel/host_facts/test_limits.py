"""Looking at what is short takes nothing of it."""

from __future__ import annotations

import gc
import os
from contextlib import suppress

from minipod.kernel.host_facts.limits import limits


def test_a_look_keeps_nothing_open() -> None:
    """The server looks whenever a pod does not come up, and a user may have 128 sets of watches."""
    gc.collect()  # what an earlier test left open would be closed at any moment
    before = open_files()
    limits("00aa11")
    assert open_files() == before


def open_files() -> dict[str, str]:
    """Return what this process has open, by descriptor."""
    found = {}
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the list's own
            found[descriptor] = os.readlink(f"/proc/self/fd/{descriptor}")
    return found
