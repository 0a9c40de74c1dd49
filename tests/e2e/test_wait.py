"""`wait` goes on while the server is killed and comes back."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.support.manifests import pod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod


def test_a_wait_survives_a_server_that_is_killed(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    server = minipod.server_pid()
    with minipod.start("wait", "pod/web", "--for=delete", "--timeout=50s") as waiting:

        def watches() -> bool:
            """Whether the command has a connection open: it watches."""
            folder = f"/proc/{waiting.pid}/fd"
            try:
                open_now = [os.readlink(f"{folder}/{each}") for each in os.listdir(folder)]
            except FileNotFoundError:
                return False  # one was closed between the two looks
            return any(each.startswith("socket:") for each in open_now)

        eventually(watches)
        os.kill(server, signal.SIGKILL)
        minipod.ok("delete", "pod", "web", "--grace-period=1")
        out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, out, err) == (0, "pod/web condition met\n", "")
