"""The engine's end, against a sandbox that the test plays."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from minipod.errors import HostError, StepFailed, Unavailable
from minipod.sandbox import messages
from minipod.sandbox.protocol import SOCKET, VERSION
from minipod.sandbox.remote import SandboxConnection, Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GREETING = {"version": VERSION, "uid": "u", "pid": 7, "containers": {"c": {"pid": 8}}}


class Played:
    """A sandbox that says what the test tells it to."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        place = os.open(folder, os.O_PATH)
        self._listener.bind(f"/proc/self/fd/{place}/{SOCKET}")
        os.close(place)
        self._listener.listen()

    async def meet(self, greeting: dict[str, Any] = GREETING, **more: Any) -> SandboxConnection:
        """Return a connection that was greeted; `peer` is the sandbox's end of it."""
        connecting = asyncio.ensure_future(SandboxConnection.connect(self.folder, **more))
        await asyncio.sleep(0)
        self.peer, _ = self._listener.accept()
        self.hello = self.hear()
        messages.send(self.peer, greeting)
        return await connecting

    def hear(self) -> dict[str, Any]:
        """Return the next thing that was said to it."""
        received = messages.receive(self.peer)
        assert received is not None
        return received[0]

    def close(self) -> None:
        """End."""
        self._listener.close()
        self.peer.close()


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    """Give a sandbox to play."""
    played = Played(tmp_path)
    yield played
    played.close()


def test_the_greeting_tells_who_is_there(played: Played) -> None:
    """Version and role go out; uid, pid and containers come back."""

    async def talk() -> None:
        connection = await played.meet(role="client")
        assert played.hello == {"op": "hello", "version": VERSION, "role": "client"}
        assert (connection.uid, connection.pid) == ("u", 7)
        assert connection.containers == {"c": {"pid": 8}}
        connection.close()

    asyncio.run(talk())


def test_answers_find_their_requests_in_any_order(played: Played) -> None:
    """Many are in flight; a failure reaches only who asked."""

    async def talk() -> None:
        connection = await played.meet()
        asked = [asyncio.ensure_future(connection.request("op", number=n)) for n in range(3)]
        await asyncio.sleep(0)
        heard = [played.hear() for _ in asked]
        for request in reversed(heard):
            if request["number"] == 1:
                failure = {"step": "do it", "errno": 22, "message": "Invalid argument"}
                messages.send(played.peer, {"seq": request["seq"], "error": failure})
            else:
                messages.send(played.peer, {"seq": request["seq"], "ok": {"n": request["number"]}})
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert (answers[0], answers[2]) == ({"n": 0}, {"n": 2})
        assert isinstance(answers[1], StepFailed)
        assert str(answers[1]) == "cannot do it: Invalid argument"
        assert (answers[1].step, answers[1].errno) == ("do it", 22)
        connection.close()

    asyncio.run(talk())


def test_hints_and_the_end_are_told(played: Played) -> None:
    """`on_journal` for a hint; `on_close`, and Unavailable for who waits, at the end."""

    async def talk() -> None:
        hints: list[int] = []
        closed = asyncio.Event()
        connection = await played.meet(on_journal=hints.append, on_close=closed.set)
        asked = asyncio.ensure_future(connection.request("op"))
        await asyncio.sleep(0)
        played.hear()
        messages.send(played.peer, {"journal": 99})
        played.peer.close()
        await closed.wait()
        assert hints == [99]
        assert connection.closed
        with pytest.raises(Unavailable):
            await asked
        with pytest.raises(Unavailable):
            await connection.request("op")

    asyncio.run(talk())


def test_closing_it_ourselves_is_not_told(played: Played) -> None:
    """`on_close` is for what nobody asked for."""

    told: list[str] = []

    async def talk() -> None:
        connection = await played.meet(on_close=lambda: told.append("closed"))
        connection.close()
        connection.close()
        await asyncio.sleep(0)

    asyncio.run(talk())
    assert told == []


def test_another_version_is_refused(played: Played) -> None:
    """Its number is in the message."""

    async def talk() -> None:
        with pytest.raises(HostError, match=f"version {VERSION + 1} of the protocol"):
            await played.meet({**GREETING, "version": VERSION + 1})

    asyncio.run(talk())


def test_nobody_there_is_an_error_with_the_folder(tmp_path: Path) -> None:
    """Whether the folder, the socket or the listener is missing."""

    async def talk() -> None:
        for folder in (tmp_path / "none", tmp_path):
            with pytest.raises(HostError, match=str(folder)):
                await SandboxConnection.connect(str(folder))

    asyncio.run(talk())


def test_an_end_that_comes_in_one_breath_with_the_answer_is_not_lost(played: Played) -> None:
    """A program may end before anybody has looked at the answer that it began."""

    async def talk() -> None:
        connection = await played.meet()
        asked = asyncio.ensure_future(connection.exec("c", ["true"], (0, 1, 2)))
        await asyncio.sleep(0)
        seq = played.hear()["seq"]
        messages.send(played.peer, {"seq": seq, "ok": {"pid": 9}})
        messages.send(played.peer, {"seq": seq, "exit": {"code": 3, "signal": 0}})
        started = await asked
        assert (started.pid, started.terminal) == (9, None)
        assert await started.ended == (3, 0)
        connection.close()

    asyncio.run(talk())


def test_an_answer_that_nobody_waits_for_leaves_no_descriptor(played: Played) -> None:
    """Who was cancelled does not lose the descriptors that come later."""

    async def talk() -> None:
        connection = await played.meet()
        asked = asyncio.ensure_future(connection.namespace())
        await asyncio.sleep(0)
        seq = played.hear()["seq"]
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        reader, writer = os.pipe()
        messages.send(played.peer, {"seq": seq, "ok": {}}, [writer, writer])
        os.close(writer)
        await connection_turn(connection, played)
        assert os.read(reader, 1) == b""
        os.close(reader)
        connection.close()

    asyncio.run(talk())


async def connection_turn(connection: SandboxConnection, played: Played) -> None:
    """Return when the connection has taken in all that was sent to it."""
    asked = asyncio.ensure_future(connection.request("op"))
    await asyncio.sleep(0)
    messages.send(played.peer, {"seq": played.hear()["seq"], "ok": {}})
    await asked


def test_a_process_without_a_zygote_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody runs the server by hand."""
    monkeypatch.delenv("MINIPOD_ZYGOTE", raising=False)
    with pytest.raises(Unavailable, match="zygote"):
        Zygote.inherited()


def test_a_request_that_goes_at_once_leaves_the_loop_alone(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the socket does not take is waited for: each pod sends a dozen requests."""

    async def talk() -> None:
        connection = await played.meet()
        loop = asyncio.get_running_loop()
        touched: list[str] = []
        for name in ("add_writer", "remove_writer"):
            monkeypatch.setattr(loop, name, lambda *_, name=name: touched.append(name))
        asked = asyncio.ensure_future(connection.request("start"))
        await asyncio.sleep(0)
        messages.send(played.peer, {"seq": played.hear()["seq"], "ok": {}})
        await asked
        assert touched == []
        monkeypatch.undo()
        connection.close()

    asyncio.run(talk())
