"""The comparison, with a load and a watcher that the test plays."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError
from minipod.model.doctor import Cost
from minipod.watcher.cost import measure
from minipod.watcher.protocol import WATCHER_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def test_a_load_that_does_not_end_is_ended_and_leaves_the_hooks_in(
    tmp_path: Path, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For while it runs nobody sees what is refused."""
    monkeypatch.setattr("minipod.watcher.cost.DEADLINE", 2)
    connection = Connection(tmp_path / "state")
    argv = ["sh", "-c", 'echo $$ > "$0"; exec sleep 100', str(tmp_path / "pid")]
    with pytest.raises(HostError, match="does not end within"):
        asyncio.run(measure(connection, group, argv=argv))
    assert connection.log == ["pause", "resume"]
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()
