"""A sandbox holds ports of the host, judged by `ss`."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

from tests.root.sandbox.lab import in_loop
from tests.support.host import run
from tests.support.wait import eventually

if TYPE_CHECKING:
    from minipod.sandbox.remote import SandboxConnection
    from tests.root.sandbox.lab import Lab

PORT = "TCP/127.0.0.1/7070"


async def hold(pod: SandboxConnection) -> None:
    with socket.create_server(("127.0.0.1", 7070)) as bound:
        await pod.hold(PORT, bound.fileno())


def holders() -> str:
    return run("ss", "-Hltnp", "sport = 7070")


@in_loop
async def test_a_port_is_held_until_it_is_released(lab: Lab) -> None:
    pod = await lab.pod()
    await hold(pod)
    assert f"pid={pod.pid}," in holders()
    await pod.release(PORT)
    await pod.release(PORT)
    assert holders() == ""
    await hold(pod)


@in_loop
async def test_the_next_server_is_told_what_is_held(lab: Lab) -> None:
    await hold(await lab.pod())
    again = await lab.connect("a")
    assert again.held == {PORT}
    await again.release(PORT)
    assert (await lab.connect("a")).held == frozenset()


@in_loop
async def test_a_held_port_goes_with_the_sandbox_and_not_with_the_server(lab: Lab) -> None:
    pod = await lab.pod()
    await hold(pod)
    pod.close()
    assert f"pid={pod.pid}," in holders()
    os.kill(pod.pid, signal.SIGKILL)
    eventually(lambda: holders() == "")
