"""Birth into namespaces and a cgroup, with clone3 and where that is refused."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.syscalls import mounts, namespaces, processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL = (
    namespaces.NEWPID | namespaces.NEWNS | namespaces.NEWUTS | namespaces.NEWIPC | namespaces.NEWNET
)
KINDS = ("pid", "mnt", "uts", "ipc", "net")


@pytest.fixture
def group() -> Iterator[tuple[str, int]]:
    """Give a cgroup: its path and a descriptor."""
    tree = mounts.detached("cgroup2")
    name = f"minipod-test-{uuid.uuid4().hex[:8]}"
    os.mkdir(name, dir_fd=tree)
    directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=tree)
    yield name, directory
    os.close(directory)
    os.rmdir(name, dir_fd=tree)
    os.close(tree)


@pytest.mark.parametrize("fork", [processes.fork, processes.fork_without_clone3])
def test_a_child_is_born_where_it_belongs(
    fork: Callable[[int, int | None], tuple[int, int]], group: tuple[str, int]
) -> None:
    """In every new namespace, as pid 1, in the group; and the parent's next child is not."""
    reader, writer = os.pipe()
    hold, release = os.pipe()
    pid, pidfd = fork(ALL, group[1])
    if pid == 0:
        os.write(writer, b"%d" % os.getpid())
        os.read(hold, 1)
        os._exit(7)
    assert os.read(reader, 10) == b"1"
    assert processes.seen_from_proc(pidfd) == pid
    for kind in KINDS:
        assert os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
    assert f"0::/{group[0]}" in Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    os.write(release, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    plain = os.fork()
    if plain == 0:
        os._exit(int(os.getpid() == 1))
    assert os.waitpid(plain, 0)[1] == 0
    for descriptor in (reader, writer, hold, release, pidfd):
        os.close(descriptor)


def test_a_refused_clone3_is_no_hindrance(
    monkeypatch: pytest.MonkeyPatch, group: tuple[str, int]
) -> None:
    """Docker's seccomp profile answers ENOSYS: the slower way is taken, with the same outcome."""

    def refused(_namespaces: int, _cgroup: int | None) -> tuple[int, int]:
        raise OSError(38, "Function not implemented", "clone3")

    monkeypatch.setattr(processes, "fork_with_clone3", refused)
    pid, pidfd = processes.fork(namespaces.NEWPID, group[1])
    if pid == 0:
        os._exit(os.getpid())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    os.close(pidfd)
