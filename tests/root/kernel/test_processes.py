"""What a process does with signals, judged by sending them; who holds a socket, judged by /proc."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.kernel import processes
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOLD = "import signal\n{}\nprint(flush=True)\nwhile True: signal.pause()"
SIGWAIT = (
    "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [15])\n"
    "print(flush=True)\nsignal.sigwait([15])"
)


@pytest.fixture
def first() -> Iterator[Callable[[str], int]]:
    """Give a way to run a program as PID 1 of a namespace; it returns the host's pid for it."""
    started = []

    def first(code: str) -> int:
        argv = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-S", "-c", code]
        outer = subprocess.Popen(argv, stdout=subprocess.PIPE)
        started.append(outer)
        outer.stdout.readline()
        with open(f"/proc/{outer.pid}/task/{outer.pid}/children") as children:
            return int(children.read())

    yield first
    for outer in started:
        outer.kill()
        outer.communicate()


def ends_by_sigterm(pid: int, within: float) -> bool:
    """Send SIGTERM, and see whether the process ends in time."""
    pidfd = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGTERM)
        return bool(select.select([pidfd], [], [], within)[0])
    finally:
        os.close(pidfd)


@pytest.mark.parametrize(
    ("code", "ignored"),
    [
        pytest.param(HOLD.format(""), True, id="default"),
        pytest.param(HOLD.format("signal.signal(15, signal.SIG_IGN)"), True, id="ignored"),
        pytest.param(
            HOLD.format("import os\nsignal.signal(15, lambda *_: os._exit(0))"), False, id="handler"
        ),
    ],
)
def test_the_first_process_of_a_namespace_is_told_right(first, code, ignored):
    pid = first(code)
    assert processes.ignores(pid, signal.SIGTERM) is ignored
    assert ends_by_sigterm(pid, within=0.1 if ignored else 5) is not ignored


def test_a_program_that_awaits_its_signals_does_not_ignore_them(first):
    """In sigwait, where no mask shows it; on the way there, for a moment, nothing does."""
    pid = first(SIGWAIT)
    eventually(lambda: "sigtimedwait" in Path(f"/proc/{pid}/wchan").read_text())
    assert not processes.ignores(pid, signal.SIGTERM)
    assert ends_by_sigterm(pid, within=5)


def test_a_socket_of_a_process_that_left_its_group_is_found_by_the_namespace(first):
    """The one given holds nothing; its namespace's other program does."""
    code = HOLD.format("import socket\nheld = socket.socket()\nheld.listen()")
    pid = first(code)
    links = (os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd"))
    inode = next(int(link[8:-1]) for link in links if link.startswith("socket:"))
    with open(f"/proc/{pid}/ns/net") as netns, socket.socket() as unrelated:
        assert os.fstat(unrelated.fileno()).st_ino != inode
        found = processes.holders([inode], [os.getpid()], netns.fileno())
    assert [holder.pid for holder in found[inode]] == [pid]
    assert found[inode][0].command == processes.command(pid)


def test_processes_of_another_namespace_are_not_looked_at():
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        other.stdout.readline()
        with socket.socket() as ours, open(f"/proc/{other.pid}/ns/net") as netns:
            inode = os.fstat(ours.fileno()).st_ino
            assert processes.holders([inode], [], netns.fileno()) == {}
        other.stdin.close()
