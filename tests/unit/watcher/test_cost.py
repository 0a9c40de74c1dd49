"""The comparison, with a load and a watcher that the test plays."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError
from minipod.model.doctor import Cost
from minipod.watcher.cost import measure
from minipod.watcher.protocol import WATCHER_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOAD = """
import os, sys
state = open(sys.argv[1]).read()
bind, other = {"free": (1000, 50), "hooked": (1500, 60)}[state]
count, group = map(int, sys.argv[2:])
os.fstat(group)
print(bind * 1000, other * 1000)
"""


class Connection:
    """Its hooks are a word in a file."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.log: list[str] = []

    async def pause(self) -> None:
        self.log.append("pause")
        self.state.write_text("free")

    async def resume(self) -> None:
        self.log.append("resume")
        self.state.write_text("hooked")


@pytest.fixture
def group(tmp_path: Path) -> Iterator[int]:
    """Give a descriptor of a folder that has the watcher's group in it."""
    (tmp_path / WATCHER_GROUP).mkdir()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def test_both_are_told_with_the_hooks_and_as_a_multiple(tmp_path: Path, group: int) -> None:
    """In turns."""
    connection = Connection(tmp_path / "state")
    argv = [sys.executable, "-c", LOAD, str(connection.state)]
    cost = asyncio.run(measure(connection, group, argv=argv, count=10, rounds=2))
    assert cost == Cost(1500.0, 1.5, 60.0, 1.2)
    assert connection.log == ["pause", "resume"] * 2


def test_a_load_that_fails_leaves_the_hooks_in(tmp_path: Path, group: int) -> None:
    """And is an error."""
    connection = Connection(tmp_path / "state")
    with pytest.raises(HostError, match="ended with 1"):
        asyncio.run(measure(connection, group, argv=["false"]))
    assert connection.log == ["pause", "resume"]
