"""Only root, from outside the root's own pods, may ask."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from minipod.api import make_app, serve
from minipod.api.peers import admission
from minipod.errors import Forbidden

from .conftest import Api
from .fake_engine import FakeEngine

if TYPE_CHECKING:
    from pathlib import Path


def test_who_is_not_admitted_gets_a_status(tmp_path):
    def refuse(_: object) -> None:
        raise Forbidden("not you", hint="use sudo")

    with Api(FakeEngine(tmp_path), admit=refuse) as api:
        answer = api.get("/version")
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    assert answer.json["details"]["hint"] == "use sudo"


class Peer:
    """A connection from a process of our choice."""

    def __init__(self, pid: int = 7, uid: int = 0) -> None:
        self.credentials = struct.pack("3i", pid, uid, 0)

    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes:
        assert (level, optname) == (socket.SOL_SOCKET, socket.SO_PEERCRED)
        return self.credentials[:buflen]


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "7").mkdir()
    return tmp_path


def cgroup(proc: Path, *lines: str) -> None:
    (proc / "7" / "cgroup").write_text("\n".join(lines) + "\n")


def test_root_is_admitted(proc):
    cgroup(proc, "1:memory:/user.slice", "0::/user.slice/session-1.scope")
    admission("abc123", str(proc))(Peer())


def test_another_user_is_not(proc):
    cgroup(proc, "0::/")
    with pytest.raises(Forbidden) as caught:
        admission("abc123", str(proc))(Peer(uid=1000))
    assert caught.value.hint == "use sudo"


def test_a_container_of_this_root_is_not(proc):
    cgroup(proc, "1:memory:/", "0::/minipod/abc123/some-uid/main")
    with pytest.raises(Forbidden, match="containers"):
        admission("abc123", str(proc))(Peer())


def test_a_container_of_another_root_is_admitted(proc):
    cgroup(proc, "0::/minipod/fff000/some-uid/main")
    admission("abc123", str(proc))(Peer())


def test_who_cannot_be_seen_is_not_admitted(proc):
    with pytest.raises(Forbidden):
        admission("abc123", str(proc))(Peer(pid=0))


def test_the_api_on_its_socket_asks_for_credentials(tmp_path):
    """Over a socket whose path is too long for sockaddr_un, bound as the server does."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()

    async def scenario() -> bytes:
        handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(f"/proc/self/fd/{handle}/server.sock")
        engine = FakeEngine(tmp_path)
        runner = await serve(make_app(engine), sock)
        try:
            path = f"/proc/self/fd/{handle}/server.sock"
            reader, writer = await asyncio.open_unix_connection(path)
            with closing(writer):
                writer.write(b"GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return await reader.read()
        finally:
            await runner.cleanup()
            os.close(handle)

    head, _, body = asyncio.run(scenario()).partition(b"\r\n\r\n")
    if os.geteuid() == 0:
        assert head.startswith(b"HTTP/1.1 200")
    else:
        assert head.startswith(b"HTTP/1.1 403")
        assert json.loads(body)["reason"] == "Forbidden"
