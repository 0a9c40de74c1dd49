"""A sandbox that cannot be made whole leaves nothing, in the server either."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from minipod.engine.sandboxes import Order, Sandboxes
from minipod.errors import HostError

from .fakes import FakeSandbox

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .fakes import Born, Machine


class Owner:
    def journal_grew(self, size: int) -> None:
        pass

    def sandbox_closed(self) -> None:
        pass


def test_one_that_cannot_be_named_keeps_no_descriptor(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its namespace would live on, held by nothing but the server."""
    born: list[Born] = []
    hung_up: list[int] = []
    fork = machine.fork

    async def noting(spec: object, cgroup: int) -> Born:
        born.append(await fork(spec, cgroup))
        return born[-1]

    def refusing(names: Iterable[str], pid: int) -> str:
        raise HostError("cannot name a namespace in /run/netns: Read-only file system")

    monkeypatch.setattr(machine, "fork", noting)
    monkeypatch.setattr(machine, "add", refusing)
    monkeypatch.setattr(FakeSandbox, "close", lambda one: hung_up.append(one.pid))
    order = Order("uid-1", "pod default/web", str(tmp_path / "uid-1"), "web", ["web"])
    with pytest.raises(HostError, match="cannot name a namespace"):
        asyncio.run(Sandboxes(machine.hands()).create(order, Owner()))
    (sandbox,) = machine.sandboxes.values()
    assert hung_up == [sandbox.pid]
    for descriptor in (born[0].netns, born[0].pidfd):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
