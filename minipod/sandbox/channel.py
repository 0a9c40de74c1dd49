"""Requests and answers on one socket, for asyncio: for zygote, sandboxes and watcher."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from typing import TYPE_CHECKING

from minipod.errors import StepFailed, Unavailable
from minipod.sandbox import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from minipod.sandbox.messages import Message
    from minipod.sandbox.protocol import Failure

    _Packet = tuple[Message, Sequence[int]]


class Channel:
    """Requests and answers on one socket, many in flight. Everything else goes to `on_other`."""

    def __init__(
        self,
        connection: socket.socket,
        on_other: Callable[[Message], None],
        on_close: Callable[[], None],
        other_end: str = "the sandbox",
    ) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._other_end = other_end
        self._loop = asyncio.get_running_loop()
        self._on_other = on_other
        self._on_close = on_close
        self._seq = 0
        self._waiting: dict[int, asyncio.Future[tuple[Message, list[int]]]] = {}
        self._unsent: deque[_Packet] = deque()
        self.closed = False
        self._loop.add_reader(connection, self._readable)

    def number(self) -> int:
        """Return the "seq" of a request to come."""
        self._seq += 1
        return self._seq

    async def request(
        self, message: Message, descriptors: Sequence[int] = (), *, seq: int | None = None
    ) -> tuple[Message, list[int]]:
        """Send a request; return what is "ok", and the descriptors beside it.

        StepFailed with what the other end says, Unavailable if it is gone. If the caller is
        cancelled the request may be done all the same: its answer is dropped.
        """
        if self.closed:
            raise gone(self._other_end)
        seq = seq or self.number()
        answer = self._loop.create_future()
        self._waiting[seq] = answer
        packet = ({**message, "seq": seq}, descriptors)
        try:
            self._send(packet)
            content, received = await answer
        except asyncio.CancelledError:
            self._abandon(packet, answer)
            raise
        finally:
            del self._waiting[seq]
        if "error" in content:
            failure: Failure = content["error"]
            raise StepFailed(failure["step"], failure["message"], errno=failure["errno"] or None)
        return content["ok"], received

    def _abandon(self, packet: _Packet, answer: asyncio.Future[tuple[Message, list[int]]]) -> None:
        if packet in self._unsent:
            self._unsent.remove(packet)  # its descriptors may be closed now
        if answer.done() and not answer.cancelled() and answer.exception() is None:
            _close(answer.result()[1])

    def close(self) -> None:
        """Hang up. Who still waits gets Unavailable; `on_close` is not called."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._unsent.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(gone(self._other_end))

    def _send(self, packet: _Packet) -> None:
        self._unsent.append(packet)
        if len(self._unsent) == 1 and not self._flushed():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        if self._flushed() and not self.closed:
            self._loop.remove_writer(self._socket)

    def _flushed(self) -> bool:
        """Send what waits; return whether nothing is left to be sent."""
        while self._unsent:
            try:
                messages.send(self._socket, *self._unsent[0])
            except BlockingIOError:
                return False
            except OSError:
                self._lost()
                return True
            self._unsent.popleft()
        return True

    def _readable(self) -> None:
        """Take all that has come, in its order."""
        while not self.closed:
            try:
                received = messages.receive(self._socket)
            except BlockingIOError:
                return
            except OSError:
                received = None
            if received is None:
                self._lost()
                return
            self._take(*received)

    def _take(self, message: Message, descriptors: list[int]) -> None:
        answer = self._waiting.get(message.get("seq", 0))
        if answer is not None and not answer.done() and ("ok" in message or "error" in message):
            answer.set_result((message, descriptors))
            return
        _close(descriptors)
        self._on_other(message)

    def _lost(self) -> None:
        if not self.closed:
            self.close()
            self._on_close()


def connected(folder: str, name: str) -> socket.socket:
    """Return a connection with the socket `name` in a folder. OSError.

    Through a descriptor of the folder, for a socket's path ends at 108 bytes.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            connection.connect(f"/proc/self/fd/{place}/{name}")
        finally:
            os.close(place)
    except BaseException:
        connection.close()
        raise
    return connection


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def gone(other_end: str = "the sandbox") -> Unavailable:
    """Return what tells that the other end is not there any more."""
    return Unavailable(f"cannot reach {other_end}: it is gone")
