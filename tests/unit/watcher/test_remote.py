"""The engine's end, against a watcher that the test plays."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from minipod.errors import HostError, StepFailed, Unavailable
from minipod.model.binds import BindCall, Call
from minipod.model.pod import Protocol
from minipod.model.root import Root
from minipod.sandbox import messages
from minipod.watcher.protocol import SOCKET, VERSION, Mechanism
from minipod.watcher.remote import Position, WatcherConnection, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

GREETING = {
    "version": VERSION,
    "pid": 7,
    "life": "abc",
    "mechanism": "tracepoint",
    "reasons": {"fexit": "no"},
    "kernel_fields": True,
    "lost": 2,
}
CALL = {"seq": 1, "time": 1.5, "call": "bind", "failed": True, "pid": 9, "name": "nc"}


class Played:
    """A watcher that says what the test tells it to."""

    def __init__(self, folder: Path) -> None:
        self.root = Root(str(folder))
        self.calls: list[BindCall] = []
        self.closed = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(folder / SOCKET))
        self._listener.listen()

    async def meet(
        self, *answers: dict[str, Any], after: Position | None = None
    ) -> asyncio.Future[WatcherConnection]:
        """Return a connection to be that was answered so; `peer` is the watcher's end of it."""
        connecting = asyncio.ensure_future(connect(self.root, after, self._take, self._close))
        await asyncio.sleep(0)
        self.peer, _ = self._listener.accept()
        self.hello = self.hear()
        for answer in answers or (GREETING,):
            messages.send(self.peer, answer)
        return connecting

    def hear(self) -> dict[str, Any]:
        """Return the next thing that was said to it."""
        received = messages.receive(self.peer)
        assert received is not None
        return received[0]

    def close(self) -> None:
        """End."""
        self._listener.close()
        self.peer.close()

    def _take(self, calls: Sequence[BindCall]) -> None:
        self.calls += calls

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    """Give a watcher to play."""
    played = Played(tmp_path)
    yield played
    played.close()


async def heard(played: Played, connection: WatcherConnection) -> None:
    """Return when the connection has taken in all that was said."""
    asked = asyncio.ensure_future(connection.pause())
    await asyncio.sleep(0)
    messages.send(played.peer, {"seq": played.hear()["seq"], "ok": {}})
    await asked


def test_the_greeting_tells_who_watches_and_how(played: Played) -> None:
    """What is known goes out; pid, life, mechanism and reasons come back."""

    async def talk() -> None:
        connection = await (await played.meet(after=Position("old", 5)))
        after = {"life": "old", "seq": 5}
        assert played.hello == {"op": "hello", "version": VERSION, "after": after}
        greeting = connection.greeting
        assert (greeting.pid, greeting.life, greeting.lost) == (7, "abc", 2)
        assert greeting.mechanism is Mechanism.TRACEPOINT
        assert greeting.reasons == {"fexit": "no"}
        connection.close()
        assert played.closed == 0

    asyncio.run(talk())


def test_calls_are_told_from_the_first_on(played: Played) -> None:
    """Also those that come in one breath with the greeting."""

    async def talk() -> None:
        more = {"protocol": "UDP", "port": 53, "count": 4}
        connection = await (await played.meet(GREETING, {"calls": [CALL]}, {"lost": 3}))
        messages.send(played.peer, {"calls": [CALL | {"seq": 2} | more]})
        await heard(played, connection)
        first = BindCall(1, 1.5, Call.BIND, failed=True, pid=9, name="nc")
        second = BindCall(
            2,
            1.5,
            Call.BIND,
            failed=True,
            pid=9,
            name="nc",
            protocol=Protocol.UDP,
            port=53,
            count=4,
        )
        assert played.calls == [first, second]
        assert connection.lost == 3
        connection.close()

    asyncio.run(talk())


@pytest.mark.parametrize("operation", ["quit", "pause", "resume"])
def test_requests_are_answered(played: Played, operation: str) -> None:
    """What failed is a step that failed."""
    ask: Callable[[WatcherConnection], Any] = lambda c: getattr(c, operation)()  # noqa: E731

    async def talk() -> None:
        connection = await (await played.meet())
        asked = asyncio.ensure_future(ask(connection))
        await asyncio.sleep(0)
        request = played.hear()
        assert request["op"] == operation
        failure = {"step": operation, "errno": 1, "message": "Operation not permitted"}
        messages.send(played.peer, {"seq": request["seq"], "error": failure})
        with pytest.raises(StepFailed, match=f"cannot {operation}: Operation not permitted"):
            await asked
        connection.close()

    asyncio.run(talk())


def test_its_end_is_told_once(played: Played) -> None:
    """Who waits for an answer gets Unavailable."""

    async def talk() -> None:
        connection = await (await played.meet())
        asked = asyncio.ensure_future(connection.pause())
        await asyncio.sleep(0)
        played.peer.close()
        with pytest.raises(Unavailable, match="watcher"):
            await asked
        assert (connection.closed, played.closed) == (True, 1)

    asyncio.run(talk())


def test_one_of_another_version_is_asked_to_end(played: Played) -> None:
    """So that the next may be started."""

    async def talk() -> None:
        connecting = await played.meet(GREETING | {"version": VERSION + 1})
        request = await asyncio.to_thread(played.hear)
        assert request["op"] == "quit"
        messages.send(played.peer, {"seq": request["seq"], "ok": {}})
        with pytest.raises(HostError, match=f"version {VERSION + 1} of the protocol"):
            await connecting

    asyncio.run(talk())


def test_one_that_hangs_up_at_once_is_an_error(played: Played) -> None:
    """And nobody is told of its end who never had it."""

    async def talk() -> None:
        connecting = await played.meet({"unheard": "of"})
        played.peer.close()
        with pytest.raises(Unavailable, match="watcher"):
            await connecting
        assert played.closed == 0

    asyncio.run(talk())


def test_one_that_ends_in_one_breath_with_its_greeting_is_an_error(played: Played) -> None:
    """Else nobody would ever be told of its end."""

    async def talk() -> None:
        connecting = await played.meet()
        played.peer.close()
        with pytest.raises(Unavailable, match="watcher"):
            await connecting

    asyncio.run(talk())


def test_nobody_there_is_an_error_with_the_root(tmp_path: Path) -> None:
    """Whether the folder or the socket is missing."""

    async def talk() -> None:
        for folder in (tmp_path / "none", tmp_path):
            with pytest.raises(HostError, match=str(folder)):
                await connect(Root(str(folder)), None, lambda _: None, lambda: None)

    asyncio.run(talk())
