"""The socket at which sandbox and watcher accept who comes."""

from __future__ import annotations

import os
import resource
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from minipod.sandbox import listening
from minipod.sandbox.listening import Listener
from minipod.sandbox.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = "listening"


@pytest.fixture
def loop() -> Iterator[Loop]:
    """Give a loop."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """Give the descriptor of an empty folder."""
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield folder
    os.close(folder)


@contextmanager
def _connected(folder: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(f"/proc/self/fd/{folder}/{_NAME}")
        yield client


@contextmanager
def _no_descriptor_left() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_one = os.dup(0)
    os.close(next_one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_without_descriptors_it_waits_and_accepts_when_there_are_some_again(
    loop: Loop, folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop sleeps meanwhile: who waits to be accepted is no reason to turn."""
    monkeypatch.setattr(listening, "TRY_AGAIN", 0.1)
    came: list[socket.socket] = []
    listener = Listener(loop, folder, _NAME, came.append)
    with _connected(folder):
        with _no_descriptor_left():
            over: list[bool] = []
            loop.at(time.monotonic() + 0.3, "over", lambda: over.append(True))
            turns = 0
            while not over:
                loop.turn()
                turns += 1
        assert not came
        assert turns < 20
        while not came:
            loop.turn()
    came[0].close()
    listener.close()


def test_one_that_waits_for_descriptors_can_be_closed(loop: Loop, folder: int) -> None:
    """Its deadline goes with it: nothing is watched that is closed."""
    listener = Listener(loop, folder, _NAME, lambda connection: connection.close())
    with _connected(folder):
        with _no_descriptor_left():
            loop.turn()
        listener.close()
    assert not loop.cancel(listener)
