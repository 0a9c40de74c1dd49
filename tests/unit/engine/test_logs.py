"""Logs beneath HTTP: what happens to files and to the loop while they are read."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING

import pytest

from minipod.engine import logs
from minipod.engine.logs import LogQuery, Logs
from minipod.errors import HostError
from minipod.plan.log_source import LogSource
from minipod.store.memory import MemoryStore
from tests.support.wait import DEADLINE

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = LogSource("main", 0, over=False)
LINE = b"2026-01-02T03:04:05.000000000Z stdout F hello\n"


class Setting:
    """A running pod and its log."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        self.logs = Logs(self.store, lambda uid: f"{folder}/{uid}")
        self.pod = self.store.create(
            {
                "kind": "Pod",
                "metadata": {"name": "web", "namespace": "default", "uid": "u"},
                "status": {
                    "containerStatuses": [
                        {"name": "main", "restartCount": 0, "state": {"running": {}}}
                    ]
                },
            }
        )
        self.file = folder / "u" / "containers" / "main" / "0.log"
        self.file.parent.mkdir(parents=True)
        self.file.write_bytes(LINE)

    def read(self, **query):
        return self.logs.read(self.pod, SOURCE, LogQuery(**query))

    def end(self) -> None:
        ended = {"name": "main", "restartCount": 0, "state": {"terminated": {}}}
        self.store.update({**self.pod, "status": {"containerStatuses": [ended]}})


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def run(scenario) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(DEADLINE):
            await scenario

    asyncio.run(in_time())


def test_a_log_that_is_deleted_while_it_is_followed_is_read_to_its_end(setting):
    async def scenario():
        pieces = setting.read(follow=True)
        assert await anext(pieces) == b"hello\n"
        with setting.file.open("ab", buffering=0) as writer:
            setting.file.unlink()
            writer.write(LINE)
            assert await anext(pieces) == b"hello\n"
            writer.write(LINE)
            setting.end()
            assert await anext(pieces) == b"hello\n"
            assert await anext(pieces, None) is None
        setting.logs.close()

    run(scenario())


def test_a_large_log_leaves_the_loop_to_others(setting, monkeypatch):
    monkeypatch.setattr(logs, "PIECE", 1 << 12)
    setting.file.write_bytes(LINE * 5_000)
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scenario():
        beside = asyncio.create_task(others())
        seen = [len(piece) async for piece in setting.read()]
        beside.cancel()
        assert sum(seen) == 5_000 * len(b"hello\n")
        assert turns >= len(seen) > 50

    run(scenario())


def test_a_writer_who_never_stops_does_not_hold_a_reader(setting):
    """What is not followed ends where the file ended when it was asked for."""

    async def scenario():
        pieces = setting.read()
        assert await anext(pieces) == b"hello\n"
        with setting.file.open("ab", buffering=0) as writer:
            writer.write(LINE)
        assert await anext(pieces, None) is None

    run(scenario())


def test_a_follower_of_a_silent_log_does_nothing(setting, monkeypatch):
    reads = 0
    pread = os.pread

    def counted(descriptor, length, offset):
        nonlocal reads
        reads += 1
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", counted)

    async def scenario():
        pieces = setting.read(follow=True)
        await anext(pieces)
        with setting.file.open("ab", buffering=0) as writer:
            writer.write(LINE)
        await anext(pieces)
        waiting = asyncio.ensure_future(anext(pieces, None))
        for _ in range(3_000):
            await asyncio.sleep(0)
        assert reads <= 4, "each piece, and after each that there is no more"
        setting.end()
        await waiting
        setting.logs.close()

    run(scenario())


def test_too_many_watches_are_told_with_the_limit_that_was_met(setting, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("minipod.syscalls.inotify.Inotify.add", refused)

    async def scenario():
        with pytest.raises(HostError, match="cannot follow") as caught:
            await anext(setting.read(follow=True))
        assert "max_user_watches" in caught.value.hint
        setting.logs.close()

    run(scenario())


def test_a_log_that_cannot_be_read_is_told(setting):
    setting.file.unlink()
    setting.file.symlink_to(setting.file)

    async def scenario():
        with pytest.raises(HostError, match="cannot read the log"):
            await anext(setting.read())

    run(scenario())
