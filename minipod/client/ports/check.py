"""Trying ports from inside pods: many at once, each for a moment, on one thread.

The sockets are made inside by the pods' sandboxes. A connection that comes about is closed at once
and politely, so that the server sees a client that said nothing; UDP gets an empty datagram.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from minipod.client.ports.limits import descriptors
from minipod.client.streams.sandbox import Sandbox
from minipod.errors import MinipodError, Unavailable
from minipod.ports.reach import Outcome, Sign, finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.ports.reach import Attempt, Finding, Place

_AT_ONCE = 500
"""Attempts under way: more would only fill the servers' queues of connections."""

_PATIENCE = 5.0
"""Seconds in which a sandbox must hand over a socket."""

_ANSWER = Outcome(Sign.ANSWER)
_SILENCE = Outcome(Sign.SILENCE)


class _Open(NamedTuple):
    """An attempt under way; `place` is that among all, `deadline` of the monotonic clock."""

    place: int
    deadline: float


class Checker:
    """Makes attempts, each for at most `timeout` seconds."""

    def __init__(self, root: str, timeout: float) -> None:
        self._root = root
        self._timeout = timeout
        self._selector = selectors.DefaultSelector()
        self._sandboxes: dict[Place, Sandbox | MinipodError] = {}
        self._open: dict[socket.socket, _Open] = {}  # the oldest, which ends first, is the first
        self._outcomes: dict[int, Outcome] = {}

    def run(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        """Return the outcomes, in the order of the attempts."""
        sources = {attempt.source for attempt in attempts}
        most = max(1, min(_AT_ONCE, descriptors() - len(sources)))
        waiting = deque(enumerate(attempts))
        try:
            while waiting or self._open:
                while waiting and len(self._open) < most:
                    self._begin(*waiting.popleft())
                self._proceed()
        finally:
            self._close()
        return [self._outcomes[index] for index in range(len(attempts))]

    def _begin(self, index: int, attempt: Attempt) -> None:
        target = attempt.target
        try:
            inside = self._socket(attempt.source, udp=target.protocol == "UDP")
        except MinipodError as error:
            self._outcomes[index] = Outcome(Sign.UNTRIED, why=str(error))
            return
        inside.setblocking(False)
        self._open[inside] = _Open(index, time.monotonic() + self._timeout)
        try:
            inside.connect((target.place.address, target.port))
            if target.protocol == "UDP":
                inside.send(b"")
                self._selector.register(inside, selectors.EVENT_READ)
            else:
                self._end(inside, _ANSWER)
        except BlockingIOError:
            self._selector.register(inside, selectors.EVENT_WRITE)
        except OSError as error:
            self._end(inside, _failed(error.errno))

    def _proceed(self) -> None:
        """Wait until something happens or a time is over, and see what is done by then."""
        oldest = next(iter(self._open.values()), None)
        if oldest is None:
            return
        for key, _ in self._selector.select(max(0.0, oldest.deadline - time.monotonic())):
            assert isinstance(key.fileobj, socket.socket)
            outcome = _look(key.fileobj)
            if outcome is not None:
                self._end(key.fileobj, outcome)
        now = time.monotonic()
        for inside, attempt in list(self._open.items()):
            if attempt.deadline > now:
                break
            self._end(inside, _SILENCE)

    def _end(self, inside: socket.socket, outcome: Outcome) -> None:
        with suppress(KeyError):  # it was over before there was anything to wait for
            self._selector.unregister(inside)
        self._outcomes[self._open.pop(inside).place] = outcome
        inside.close()

    def _socket(self, source: Place, *, udp: bool) -> socket.socket:
        """Return a socket made in a pod. MinipodError, from then on without asking again."""
        sandbox = self._sandboxes.get(source)
        try:
            if sandbox is None:
                sandbox = Sandbox(self._root, source.uid, timeout=_PATIENCE)
                self._sandboxes[source] = sandbox
            if isinstance(sandbox, MinipodError):
                raise sandbox
            return _made(sandbox, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
        except MinipodError as error:
            self._sandboxes[source] = error
            raise

    def _close(self) -> None:
        for inside in self._open:
            inside.close()
        for sandbox in self._sandboxes.values():
            if isinstance(sandbox, Sandbox):
                sandbox.close()
        self._selector.close()


def check(root: str, attempts: Sequence[Attempt], timeout: float) -> list[Finding]:
    """Make all attempts, and return what each means."""
    outcomes = Checker(root, timeout).run(attempts)
    return [finding(attempt, outcome) for attempt, outcome in zip(attempts, outcomes, strict=True)]


def _made(sandbox: Sandbox, kind: socket.SocketKind) -> socket.socket:
    seq = sandbox.ask({"op": "socket", "family": socket.AF_INET, "type": kind, "protocol": 0})
    while True:
        message = sandbox.receive()
        if message.content.get("seq") == seq:
            break
    if "error" in message.content:
        protocol = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        cause = message.content["error"]["message"]
        raise Unavailable(f"cannot make a {protocol} socket in the pod: {cause}")
    (descriptor,) = message.descriptors
    return socket.socket(fileno=descriptor)


def _look(inside: socket.socket) -> Outcome | None:
    """Return what has become of an attempt; None if nothing yet."""
    if inside.type == socket.SOCK_STREAM:
        number = inside.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return _failed(number) if number else _ANSWER
    try:
        inside.recv(1)
    except BlockingIOError:
        return None
    except OSError as error:
        return _failed(error.errno)
    return _ANSWER


def _failed(number: int | None) -> Outcome:
    return Outcome(Sign.ERROR, number or 0)
