"""Birth and identity of processes, as far as no root is needed."""

from __future__ import annotations

import os
import threading

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
