"""A conversation with a pod's sandbox; the words are in `minipod.sandbox.protocol`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from minipod.client.text.words import reason
from minipod.client.wire import unix
from minipod.errors import HostError, Unavailable
from minipod.sandbox import messages
from minipod.sandbox.protocol import SOCKET, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    JSON = dict[str, Any]


class Message(NamedTuple):
    """What the sandbox said, and the descriptors that came with it: the reader's to close."""

    content: JSON
    descriptors: list[int]


class Sandbox:
    """A connection of the role "client". Unavailable when the sandbox is not there or ends.

    With `timeout`, in seconds, also when it takes longer to answer.
    """

    def __init__(self, root: str, uid: str, *, timeout: float | None = None) -> None:
        folder = f"{root}/pods/{uid}"
        try:
            self._socket = unix.connect(folder, SOCKET, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise Unavailable(f"cannot reach the pod's sandbox: {reason(error)}") from error
        self._seq = 0
        self._socket.settimeout(timeout)
        try:
            self._send({"op": "hello", "version": VERSION, "role": "client"})
            greeting = self._greeting()
            self.containers: JSON = greeting["containers"]
            self.attachable = bool(greeting.get("attach"))  # those of older versions do not tell
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor, for select and poll."""
        return self._socket.fileno()

    def ask(self, request: JSON, descriptors: Sequence[int] = ()) -> int:
        """Send a request and return its "seq"; `receive` will bring the answer."""
        self._seq += 1
        self._send({**request, "seq": self._seq}, descriptors)
        return self._seq

    def receive(self) -> Message:
        """Return the next message, waiting for it."""
        try:
            received = messages.receive(self._socket)
        except OSError as error:
            raise Unavailable(f"cannot hear the pod's sandbox: {reason(error)}") from error
        if received is None:
            raise Unavailable("the pod is gone: its sandbox has ended")
        return Message(*received)

    def tcp_socket(self, family: int) -> socket.socket:
        """Return a TCP socket made in the pod's network namespace. HostError."""
        seq = self.ask(
            {"op": "socket", "family": family, "type": socket.SOCK_STREAM, "protocol": 0}
        )
        while True:
            content, descriptors = self.receive()
            if content.get("seq") != seq:
                continue
            if "error" in content:
                cause = content["error"]["message"]
                raise HostError(f"cannot make a TCP socket in the pod: {cause}")
            return socket.socket(fileno=descriptors[0])

    def _send(self, message: JSON, descriptors: Sequence[int] = ()) -> None:
        try:
            messages.send(self._socket, message, descriptors)
        except OSError as error:
            raise Unavailable(f"cannot ask the pod's sandbox: {reason(error)}") from error

    def _greeting(self) -> JSON:
        greeting = self.receive().content
        if greeting.get("version") != VERSION:
            raise HostError(
                f"cannot speak with the pod's sandbox: its protocol has version "
                f"{greeting.get('version')}, ours {VERSION}",
                hint="delete the pod and create it again",
            )
        return greeting
