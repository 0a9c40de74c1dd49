"""Processes are read as they are, and their going at any moment disturbs nothing."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.kernel import processes
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

GONE = 4_194_305  # above the greatest pid there is


@contextmanager
def running(*argv: str, **options) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of a test; it is up when its command line is its own."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as child:
        try:
            yield child
        finally:
            child.kill()


def python(code: str, *args: str, **options):
    """Run a Python program that says when it is ready."""
    return running(
        sys.executable, "-S", "-c", f"{code}\nprint(flush=True); input()", *args, **options
    )


def test_a_process_is_itself_until_it_ends():
    with running("cat") as child:
        who = processes.identity(child.pid)
        assert who is not None
        assert processes.alive(who)
        assert not processes.alive(who._replace(started=who.started - 1))
        child.kill()
        eventually(lambda: not processes.alive(who))  # not reaped yet: a zombie
        assert processes.identity(child.pid) is None
    assert not processes.alive(who)


def test_a_name_with_brackets_and_spaces_is_no_trap(tmp_path):
    program = tmp_path / ") Z 1 (x"
    program.symlink_to("/bin/cat")
    with running("cat") as plain, running(str(program)) as odd:
        first, second = processes.identity(plain.pid), processes.identity(odd.pid)
        assert first is not None
        assert second is not None
        assert 0 <= second.started - first.started < 3000


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["cat", "-u"], "cat -u"),
        (["cat", "--", "-", "/dev/null"], "cat -- - /dev/null"),
    ],
)
def test_a_command_reads_as_typed(words, typed):
    with running(*words) as child:
        # In the middle of execve a process has its new name, and no command line yet.
        eventually(lambda: Path(f"/proc/{child.pid}/cmdline").read_bytes())
        assert processes.command(child.pid) == typed


def test_a_command_is_quoted_where_a_shell_needs_it():
    with python("'a b'", "two words", "") as child:
        child.stdout.readline()
        text = processes.command(child.pid)
        assert text.startswith(f"{shlex.quote(sys.executable)} -S -c ")
        assert text.endswith(" 'two words' ''")


def test_a_program_that_names_itself_is_shown_under_that_name():
    title = "server: worker process"
    code = (
        "import ctypes, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "start = int(open('/proc/self/stat').read().rsplit(')')[1].split()[45])\n"
        "size = int(open('/proc/self/stat').read().rsplit(')')[1].split()[46]) - start\n"
        f"ctypes.memmove(start, b{title!r}.ljust(size, b'\\0'), size)"
    )
    with python(code) as child:
        child.stdout.readline()
        assert processes.command(child.pid) == title


def test_what_has_no_command_line_goes_by_its_name():
    with python("import os\nif os.fork() == 0: os._exit(0)") as child:
        child.stdout.readline()
        assert processes.command(2) in {"[kthreadd]", None}


def test_what_is_gone_is_nothing():
    assert processes.identity(GONE) is None
    assert processes.command(GONE) is None
    assert processes.ignores(GONE, signal.SIGTERM) is False
    assert processes.holders([1], [GONE]) == {}


def test_holders_are_found_by_the_socket_they_have_open():
    with socket.socket() as ours, socket.socket() as other:
        inode = os.fstat(ours.fileno()).st_ino
        found = processes.holders([inode], [os.getpid(), GONE])
        assert [holder.pid for holder in found[inode]] == [os.getpid()]
        assert found[inode][0].command == processes.command(os.getpid())
        assert os.fstat(other.fileno()).st_ino not in found


def test_of_processes_that_share_a_socket_the_oldest_is_first():
    with socket.socket() as shared:
        inode = os.fstat(shared.fileno()).st_ino
        with python("", pass_fds=[shared.fileno()]) as child:
            for pids in ([os.getpid(), child.pid], [child.pid, os.getpid()]):
                found = processes.holders([inode], pids)
                assert [holder.pid for holder in found[inode]] == [os.getpid(), child.pid]


def test_a_socket_that_none_of_the_given_holds_is_looked_for_in_the_namespace():
    with socket.socket() as ours, open("/proc/self/ns/net") as netns:
        inode = os.fstat(ours.fileno()).st_ino
        assert processes.holders([inode], []) == {}
        found = processes.holders([inode], [], netns.fileno())
        assert os.getpid() in [holder.pid for holder in found[inode]]


def test_a_socket_that_nobody_holds_has_no_entry():
    with socket.socket() as ours:
        inode = os.fstat(ours.fileno()).st_ino
    assert processes.holders([inode], [os.getpid()]) == {}


@pytest.mark.parametrize(
    ("code", "ignored"),
    [
        ("", False),
        ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", True),
        ("import signal; signal.signal(signal.SIGTERM, print)", False),
    ],
)
def test_a_process_ignores_what_it_asked_to_ignore(code, ignored):
    with python(code) as child:
        child.stdout.readline()
        assert processes.ignores(child.pid, signal.SIGTERM) is ignored
