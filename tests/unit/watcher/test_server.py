"""The watcher's end of the conversation: real sockets, and a watch that the test plays."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from minipod.sandbox import messages
from minipod.sandbox.loop import Loop
from minipod.watcher import server as module
from minipod.watcher.protocol import SOCKET
from minipod.watcher.records import Seen
from minipod.watcher.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GREETING = {"version": 1}


def failure(seq: int, **fields: Any) -> Seen:
    """Return a numbered record."""
    seen = Seen(**{"call": "bind", "failed": True, "pid": seq, "name": "n"} | fields)
    seen.seq = seq
    return seen


class Watch:
    """What the server asks for is written down; its answers are the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: list[str] = []
        self.unknown: list[Seen] = []
        self.error: OSError | None = None
        self.loop = Loop()
        self.root = os.open(folder, os.O_RDONLY)
        self.server = Server(self.loop, self.root, self)

    def greet(self, after: dict[str, Any] | None) -> tuple[dict[str, Any], list[Seen]]:
        self.log.append(f"greet {after}")
        return GREETING, self.unknown

    def do(self, operation: str) -> None:
        self.log.append(operation)
        if self.error is not None:
            raise self.error

    def told(self, seen: Seen) -> None:
        self.log.append(f"told {seen.seq}")

    def left(self) -> None:
        self.log.append("left")

    def call(self, hello: Any = None) -> socket.socket:
        """Return a connection on which something was said, and taken in."""
        caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        caller.connect(f"/proc/self/fd/{self.root}/{SOCKET}")
        self.loop.turn()
        default = {"op": "hello", "version": 1, "after": None}
        self.say(caller, default if hello is None else hello)
        return caller

    def say(self, caller: socket.socket, message: Any) -> None:
        messages.send(caller, message)
        self.loop.turn()


def hear(caller: socket.socket) -> Any:
    """Return the next message, None at the end, "nothing" if there is none."""
    try:
        received = messages.receive(caller, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return "nothing"
    return received and received[0]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Give a watch whose folder has a path that is too long for a socket."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    played = Watch(folder)
    yield played
    played.loop.close()
    os.close(played.root)


def test_who_greets_hears_who_is_there_and_what_it_does_not_know(watch: Watch) -> None:
    """In this order; what is not known is left out of a record."""
    watch.unknown = [failure(3, port=80)]
    caller = watch.call({"op": "hello", "version": 1, "after": {"life": "x", "seq": 2}})
    assert hear(caller) == GREETING
    assert hear(caller) == {
        "calls": [
            {"seq": 3, "call": "bind", "failed": True, "pid": 3, "name": "n", "port": 80}
            | {"count": 1}
        ]
    }
    assert watch.log == ["greet {'life': 'x', 'seq': 2}", "told 3"]


def test_what_happens_is_told_in_batches(watch: Watch) -> None:
    """One that waits to be told twice is told once, as it is then."""
    caller = watch.call()
    assert hear(caller) == GREETING
    records = [failure(seq) for seq in range(1, 41)]
    for seen in (*records, records[0]):
        watch.server.tell(seen)
    records[0].count = 9
    watch.server.tell({"lost": 1})
    watch.server.flush()
    first, second = hear(caller), hear(caller)
    told = first["calls"] + second["calls"]
    assert [each["seq"] for each in told] == list(range(1, 41))
    assert told[0]["count"] == 9
    assert hear(caller) == {"lost": 1}


def test_without_a_server_nothing_is_kept_for_it(watch: Watch) -> None:
    """The history has it."""
    watch.server.tell(failure(1))
    watch.server.flush()
    assert watch.log == []


def test_a_server_that_does_not_read_is_waited_for(watch: Watch) -> None:
    """Nothing is lost, and nobody waits for it but what it is to hear."""
    caller = watch.call()
    for seq in range(1, 5001):
        watch.server.tell(failure(seq, command="x" * 300))
    watch.server.flush()
    told = sum(line.startswith("told") for line in watch.log)
    assert 0 < told < 5000
    heard: list[int] = []
    while len(heard) < 5000:
        message = hear(caller)
        if message == "nothing":
            watch.loop.turn()
        else:
            heard += [each["seq"] for each in message.get("calls", ())]
    assert heard == list(range(1, 5001))


def test_one_that_never_reads_is_hung_up_on(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it comes again it hears what it missed."""
    monkeypatch.setattr(module, "_MOST_UNSENT", 10)
    watch.call()
    for seq in range(1, 12):
        watch.server.tell(failure(seq))
    watch.loop.turn()
    assert watch.log[-1] == "left"


def test_the_newest_server_wins(watch: Watch) -> None:
    """The one before is hung up on, and its end is not the server's."""
    first = watch.call()
    assert hear(first) == GREETING
    second = watch.call()
    watch.loop.turn()
    assert hear(first) is None
    watch.server.tell(failure(1))
    watch.server.flush()
    assert hear(second) == GREETING
    assert hear(second)["calls"][0]["seq"] == 1
    assert "left" not in watch.log
    second.close()
    watch.loop.turn()
    assert watch.log[-1] == "left"


@pytest.mark.parametrize("operation", ["quit", "pause", "resume"])
def test_what_is_asked_for_is_done_and_answered(watch: Watch, operation: str) -> None:
    """The answer has the number of the request."""
    caller = watch.call()
    assert hear(caller) == GREETING
    watch.say(caller, {"op": operation, "seq": 5})
    assert hear(caller) == {"seq": 5, "ok": {}}
    assert watch.log[-1] == operation


def test_what_cannot_be_done_is_answered_with_the_kernels_words(watch: Watch) -> None:
    """As a step that failed."""
    caller = watch.call()
    watch.error = OSError(1, "Operation not permitted", "tracepoint x")
    watch.say(caller, {"op": "resume", "seq": 6})
    assert hear(caller) == GREETING
    assert hear(caller) == {
        "seq": 6,
        "error": {"step": "resume", "errno": 1, "message": "Operation not permitted: tracepoint x"},
    }


def test_quit_needs_no_greeting(watch: Watch) -> None:
    """A server of another version can say it."""
    caller = watch.call({"op": "quit", "seq": 1})
    assert hear(caller) == {"seq": 1, "ok": {}}


@pytest.mark.parametrize("message", [{}, {"op": "hello"}, {"op": "pause"}])
def test_who_makes_no_sense_is_hung_up_on(watch: Watch, message: Any) -> None:
    """And the server is not disturbed."""
    server = watch.call()
    broken = watch.call(message)
    watch.loop.turn()
    assert hear(broken) is None
    assert hear(server) == GREETING


def test_others_are_not_served(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the watcher's own user: root."""
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    caller.connect(f"/proc/self/fd/{watch.root}/{SOCKET}")
    watch.loop.turn()
    assert hear(caller) is None


def test_at_the_end_the_socket_is_gone_and_the_last_word_was_heard(watch: Watch) -> None:
    """A later caller finds nobody."""
    caller = watch.call()
    watch.server.tell(failure(1))
    watch.server.close()
    assert hear(caller) == GREETING
    assert hear(caller)["calls"][0]["seq"] == 1
    assert hear(caller) is None
    assert list(watch.folder.iterdir()) == []
