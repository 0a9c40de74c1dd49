"""Birth and identity of processes, as far as no root is needed."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from minipod.syscalls import processes


def test_a_fork_is_an_ordinary_child() -> None:
    """The interpreter works in it; pid and pidfd are its own."""
    pid, pidfd = processes.fork()
    if pid == 0:
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()
        os._exit(7)
    assert processes.seen_from_proc(pidfd) == pid
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    os.close(pidfd)


def test_what_ended_and_was_reaped_is_told_apart() -> None:
    """-1, as the kernel has it."""
    pid, pidfd = processes.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert processes.seen_from_proc(pidfd) == -1
    os.close(pidfd)


def test_the_start_time_is_field_22_whatever_the_name() -> None:
    """A name may hold spaces and parentheses."""
    reader, writer = os.pipe()
    pid, pidfd = processes.fork()
    if pid == 0:
        processes.set_name("a) b (c 1 2")
        os.write(writer, b"x")
        signal.pause()
    os.read(reader, 1)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    assert processes.start_time(pid) == int(fields[19])
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.waitpid(pid, 0)
    for descriptor in (reader, writer, pidfd):
        os.close(descriptor)


def test_a_process_that_is_not_there_has_no_start_time() -> None:
    """The error names the file."""
    with pytest.raises(FileNotFoundError):
        processes.start_time(2**22 + 1)
