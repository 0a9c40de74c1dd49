"""The loop of zygote and sandbox."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from minipod.sandbox.loop import Loop, catch_signals

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def loop() -> Iterator[Loop]:
    """Give a loop; the signals are as they were afterwards."""
    numbers = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {each: signal.getsignal(each) for each in (*numbers, signal.SIGPIPE, signal.SIGXFSZ)}
    catch_signals()
    loop = Loop()
    yield loop
    loop.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_descriptor_that_was_forgotten_is_not_called_back_in_the_same_turn(loop: Loop) -> None:
    """Of two that are ready, the first may end the watch of the second."""
    called = []
    pipes = [os.pipe() for _ in range(2)]
    for (reader, writer), (other, _) in zip(pipes, reversed(pipes), strict=True):
        os.write(writer, b"x")

        def callback(reader: int = reader, other: int = other) -> None:
            called.append(reader)
            loop.forget(other)
            loop.forget(reader)

        loop.watch(reader, callback)
    loop.turn()
    assert len(called) == 1


def test_the_end_of_a_child_is_told_once_with_its_status(loop: Loop) -> None:
    """Children of nobody are reaped without a word."""
    told = []
    for code, known in ((3, True), (4, False)):
        pid = os.fork()
        if pid == 0:
            os._exit(code)
        if known:
            loop.when_ended(pid, lambda status: told.append(os.waitstatus_to_exitcode(status)))
    deadline = time.monotonic() + 5
    while not told and time.monotonic() < deadline:
        loop.turn()
    assert told == [3]


def test_a_signal_is_told(loop: Loop) -> None:
    """Those that nobody asked for do nothing."""
    told = []
    loop.when_signalled(signal.SIGTERM, lambda: told.append(True))
    signal.raise_signal(signal.SIGHUP)
    signal.raise_signal(signal.SIGTERM)
    loop.turn()
    assert told == [True]


def test_deadlines_are_met_in_time_and_can_be_cancelled(loop: Loop) -> None:
    """The later of two with one name replaces the earlier."""
    told = []
    now = time.monotonic()
    for name in ("cancelled", "replaced"):
        loop.at(now, name, lambda name=name: told.append(name))
    loop.at(now + 0.02, "replaced", lambda: told.append("late"))
    assert loop.cancel("cancelled")
    assert not loop.cancel("cancelled")
    while not told:
        loop.turn()
    assert told == ["late"]
    assert time.monotonic() >= now + 0.02
