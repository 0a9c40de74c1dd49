"""The server under a supervisor: what systemd gives to a service, given here by hand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.host import processes
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.command import Minipod

PASS_ON = 'export LISTEN_PID=$$; exec "$@"'


@pytest.fixture
def listening(minipod: Minipod) -> Iterator[socket.socket]:
    """The server's socket, as systemd's: it listens before there is a server."""
    minipod.root.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(minipod.root / "server.sock"))
        made.listen()
        yield made


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(10)
        yield made


def supervise(
    minipod: Minipod, listening: socket.socket, heard: socket.socket
) -> subprocess.Popen[str]:
    """Start `server run` as systemd does: the socket is descriptor 3, and LISTEN_PID its pid."""
    given = {"NOTIFY_SOCKET": heard.getsockname(), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x"}
    with socket.socket(fileno=os.dup(listening.fileno())) as passed:
        return subprocess.Popen(
            ["bash", "-c", f"exec 3<&{passed.fileno()}; {PASS_ON}", "bash",
             *minipod.argv(["server", "run"])],
            stderr=subprocess.PIPE, text=True, pass_fds=[passed.fileno()],
            env=minipod.environment | given, cwd="/",
        )  # fmt: skip


def test_it_uses_the_socket_tells_that_it_is_ready_and_stays_in_the_service(
    minipod: Minipod, listening: socket.socket, heard: socket.socket
) -> None:
    with supervise(minipod, listening, heard) as main:
        assert heard.recv(4096).splitlines()[0] == b"READY=1"
        minipod.ok("run", "web", "--image", "test", "--command", "--", "sleep", "100000")
        server = minipod.server_pid()
        group = Path("/proc/self/cgroup").read_text()
        assert Path(f"/proc/{main.pid}/cgroup").read_text() == group
        assert Path(f"/proc/{server}/cgroup").read_text() == group
        variables = Path(f"/proc/{server}/environ").read_bytes()
        assert b"LISTEN_" not in variables
        assert minipod.ok("exec", "web", "--", "sh", "-c", "ls /proc/1/fd").split() == [*"012"]

        os.kill(server, signal.SIGKILL)
        assert heard.recv(4096).splitlines()[0] == b"READY=1"
        assert minipod.server_pid() != server
        assert "already" in minipod.fails("server", "run")

        main.send_signal(signal.SIGTERM)
        assert heard.recv(4096) == b"STOPPING=1"
        assert main.wait(10) == 0
    assert (minipod.root / "server.sock").exists(), "it is the supervisor's"
    assert not [each for each in processes(minipod.root).values() if "server" in each]


def test_a_main_process_that_was_killed_is_the_supervisors_to_start(
    minipod: Minipod, listening: socket.socket, heard: socket.socket
) -> None:
    with supervise(minipod, listening, heard) as main:
        heard.recv(4096)
        main.kill()
    eventually(lambda: not processes(minipod.root))
    (minipod.root / "server.sock").unlink()


def test_one_by_hand_keeps_the_service_from_starting_and_it_says_so(
    minipod: Minipod, listening: socket.socket, heard: socket.socket
) -> None:
    (minipod.root / "server.sock").unlink()
    minipod.ok("server", "start")
    with supervise(minipod, listening, heard) as main:
        assert main.wait(20) == 3
        assert main.stderr is not None
        assert main.stderr.read() == f"a server of {minipod.root} runs already\n"


def test_what_cannot_work_is_a_failure_that_is_not_tried_again(
    minipod: Minipod, listening: socket.socket, heard: socket.socket
) -> None:
    (minipod.root / "state.db").write_text("no database")
    with supervise(minipod, listening, heard) as main:
        assert main.wait(20) == 4
    (minipod.root / "state.db").unlink()
    (minipod.root / "server.sock").unlink()
