"""A sandbox that is not there: its socket, and answers that a test gives."""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from minipod.sandbox.protocol import SOCKET, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Said(NamedTuple):
    """A message, and the descriptors beside it."""

    content: dict[str, Any]
    descriptors: list[int]


class FakeSandbox:
    """Greets every client, then answers each request with what `answer` returns for it.

    Descriptors that came with a request are closed afterwards, as are those of the answers.
    """

    def __init__(self, root: Path, uid: str, answer: Callable[[Said], list[Said]]) -> None:
        folder = root / "pods" / uid
        folder.mkdir(parents=True)
        self.version = VERSION
        self.containers: dict[str, Any] = {"main": {"attempt": 0, "id": "x", "pid": 1}}
        self._answer = answer
        self._connection: socket.socket | None = None
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, content: dict[str, Any]) -> None:
        """Tell the client something that it did not ask for, if it is still there."""
        with suppress(OSError):
            assert self._connection is not None
            self._connection.send(json.dumps(content).encode())

    def close(self) -> None:
        """End, as a killed sandbox does."""
        for one in (self._listening, self._connection):
            if one is not None:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._connection, _ = self._listening.accept()
                with self._connection:
                    self._talk(self._connection)

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while True:
                data, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 8)
                if not data:
                    return
                try:
                    self._reply(connection, Said(json.loads(data), list(descriptors)))
                finally:  # the client may have gone before it was answered
                    for descriptor in descriptors:
                        os.close(descriptor)

    def _reply(self, connection: socket.socket, said: Said) -> None:
        for answer in self._answers(said):
            try:
                socket.send_fds(
                    connection, [json.dumps(answer.content).encode()], answer.descriptors
                )
            finally:
                for descriptor in answer.descriptors:
                    os.close(descriptor)

    def _answers(self, said: Said) -> list[Said]:
        if said.content["op"] == "hello":
            greeting = {
                "version": self.version,
                "uid": "u",
                "containers": self.containers,
                "attach": True,
            }
            return [Said(greeting, [])]
        return self._answer(said)


def inside(said: Said) -> list[Said]:
    """Answer "socket" as a pod whose network is this machine's."""
    content = said.content
    made = socket.socket(content["family"], content["type"], content["protocol"])
    return [Said({"seq": content["seq"], "ok": {}}, [made.detach()])]
