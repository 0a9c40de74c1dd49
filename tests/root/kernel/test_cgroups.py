"""Control groups on the real cgroupfs, judged by its own files and by /proc."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from minipod.errors import HostError
from minipod.kernel import cgroups
from minipod.kernel.cgroups import CgroupTree, find_or_mount
from tests.support.groups import folder, inside
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORK_FOREVER = """
import os, signal
for _ in range(3):
    if os.fork() == 0:
        while True:
            if os.fork(): os._exit(0)
print(flush=True)
while True: signal.pause()
"""


@pytest.fixture
def start(tree: CgroupTree) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Give a way to start a program in a group; none of them outlives the test."""
    started = []

    def start(uid: str, name: str, *argv: str) -> subprocess.Popen[bytes]:
        tree.ensure(uid, [name])
        words = inside(tree, uid, name, *(argv or ("sleep", "60")))
        child = subprocess.Popen(words, stdout=subprocess.PIPE)
        started.append(child)
        eventually(lambda: child.pid in tree.pids(uid, name))
        return child

    yield start
    for child in started:
        with suppress(ProcessLookupError):
            child.kill()
        child.wait()
        child.stdout.close()


def test_a_process_is_found_by_its_group(
    tree: CgroupTree, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    child = start("uid", "app")
    assert tree.id_of(child.pid) == tree.id("uid", "app")
    assert tree.id_of(os.getpid()) is None
    child.kill()
    child.wait()
    assert tree.id_of(child.pid) is None


def group_of(pid: int | str) -> str:
    """Return a process's group as the kernel names it."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return next(line.removeprefix("0::") for line in lines if line.startswith("0::"))


def test_a_container_lives_in_the_group_named_for_it(tree, start):
    child = start("uid-1", "web")
    assert group_of(child.pid).endswith(f"/{tree._root}/uid-1/web")
    assert tree.pids("uid-1", "web") == [child.pid]
    assert tree.pids("uid-1") == [child.pid]
    assert folder(tree, "uid-1", "web", "cgroup.procs").read_text().split() == [str(child.pid)]


def test_the_id_is_that_of_the_folder_in_cgroupfs(tree):
    tree.ensure("uid-1", ["web"])
    inode = folder(tree, "uid-1", "web").stat().st_ino
    assert tree.id("uid-1", "web") == inode
    assert tree.names("uid-1") == {inode: "web"}


def test_no_controller_is_ever_enabled(tree):
    tree.ensure("uid-1", ["web"])
    for path in (folder(tree), folder(tree, "uid-1")):
        assert (path / "cgroup.subtree_control").read_text().strip() == ""


def test_a_process_of_this_root_is_told_from_all_others(tree, start):
    ours = start("uid-1", "web")
    other = find_or_mount(tree._root.removeprefix("minipod/")[:-1])
    try:
        assert tree.id_of(ours.pid) == tree.id("uid-1", "web")
        assert other.id_of(ours.pid) is None
        assert tree.id_of(os.getpid()) is None
    finally:
        other.close()


def test_kill_ends_one_container_and_leaves_its_neighbour(tree, start):
    web, shell = start("uid-1", "web"), start("uid-1", "shell")
    asyncio.run(tree.kill("uid-1", "web"))
    assert web.wait(5) == -signal.SIGKILL
    assert shell.poll() is None
    asyncio.run(tree.kill("uid-1"))
    assert shell.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize("file", ["cgroup.kill", "absent-as-before-5.14"])
def test_kill_ends_what_the_container_forked_and_disowned(tree, start, monkeypatch, file):
    monkeypatch.setattr(cgroups, "_KILL", file)
    child = start("uid-1", "web", "sh", "-c", "setsid sleep 61 & setsid sleep 62 & echo; wait")
    child.stdout.readline()
    eventually(lambda: len(tree.pids("uid-1")) == 3)
    asyncio.run(tree.kill("uid-1"))
    child.wait(5)
    eventually(lambda: not tree.pids("uid-1"))


def test_kill_ends_what_forks_without_end(tree, start):
    child = start("uid-1", "web", sys.executable, "-S", "-c", FORK_FOREVER)
    child.stdout.readline()
    asyncio.run(tree.kill("uid-1"))
    eventually(lambda: not tree.pids("uid-1"))


def test_remove_waits_for_the_dying_and_leaves_nothing(tree, start):
    children = [start("uid-1", name) for name in ("a", "b", "c")]

    async def end() -> None:
        await tree.kill("uid-1")
        await tree.remove("uid-1")

    asyncio.run(end())
    assert not folder(tree, "uid-1").exists()
    assert [child.wait(5) for child in children] == [-signal.SIGKILL] * 3
    asyncio.run(tree.remove("uid-1"))


def test_remove_takes_groups_that_a_container_made(tree):
    tree.ensure("uid-1", ["web", "web/own", "web/own/deeper"])
    asyncio.run(tree.remove("uid-1"))
    assert not folder(tree, "uid-1").exists()


def test_remove_hears_of_the_end_when_it_happens(tree, start):
    child = start("uid-1", "web")

    async def end() -> float:
        removal = asyncio.create_task(tree.remove("uid-1", timeout=30))
        done, _ = await asyncio.wait([removal], timeout=0.05)
        assert not done
        child.kill()
        began = time.monotonic()
        await removal
        return time.monotonic() - began

    assert asyncio.run(end()) < 5
    assert tree.uids() == []


def test_remove_names_who_does_not_go(tree, start):
    child = start("uid-1", "web")
    with pytest.raises(HostError, match=rf"processes are still in it after 0\.05 s: {child.pid}"):
        asyncio.run(tree.remove("uid-1", timeout=0.05))
    assert child.poll() is None
    assert folder(tree, "uid-1", "web").exists()


def test_many_are_removed_at_once(tree, start):
    for number in range(8):
        start(f"uid-{number}", "web")

    async def end(uid: str) -> None:
        await tree.kill(uid)
        await tree.remove(uid)

    async def end_all() -> None:
        await asyncio.gather(*map(end, tree.uids()))

    asyncio.run(end_all())
    assert not list(folder(tree).glob("uid-*"))


def test_roots_live_beside_each_other(tree):
    other = find_or_mount(uuid4().hex[:6])
    try:
        tree.ensure("uid-1")
        other.ensure("uid-1")
        tree.remove_root()
        assert other.uids() == ["uid-1"]
        assert tree.uids() == []
    finally:
        other.remove_root()
        other.close()


def test_remove_root_spares_pods_that_live(tree, start):
    child = start("uid-1", "web")
    tree.ensure("uid-2", ["web"])
    tree.remove_root()
    assert tree.uids() == ["uid-1"]
    assert child.poll() is None


def test_a_mask_over_the_mount_changes_nothing(tree, start):
    """What is mounted over cgroupfs later hides it from paths, not from the descriptor."""
    child = start("uid-1", "web")
    point = folder(tree).parent.parent
    subprocess.run(["mount", "-t", "tmpfs", "mask", point], check=True)
    try:
        assert tree.pids("uid-1", "web") == [child.pid]
        again = find_or_mount(tree._root.removeprefix("minipod/"))
        assert again.pids("uid-1", "web") == [child.pid]
        again.close()
    finally:
        subprocess.run(["umount", point], check=True)


def test_a_mount_is_found_wherever_it_is(tree, start, tmp_path):
    """One whose path has a space, behind one that is masked."""
    child = start("uid-1", "web")
    masked, point = folder(tree).parent.parent, tmp_path / "a b"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "mask", masked], check=True)
    subprocess.run(["mount", "-t", "cgroup2", "none", point], check=True)
    try:
        again = find_or_mount(tree._root.removeprefix("minipod/"))
        where = os.readlink(f"/proc/self/fd/{again._base}")
        pids = again.pids("uid-1", "web")
        again.close()
    finally:
        subprocess.run(["umount", point], check=True)
        subprocess.run(["umount", masked], check=True)
    assert where == str(point)
    assert pids == [child.pid]


def test_a_mount_that_cannot_be_written_to_is_passed_over(tree):
    point = folder(tree).parent.parent
    subprocess.run(["mount", "-o", "remount,bind,ro", point], check=True)
    try:
        again = find_or_mount(tree._root.removeprefix("minipod/"))
        again.ensure("uid-1", ["web"])
        again.close()
    finally:
        subprocess.run(["mount", "-o", "remount,bind,rw", point], check=True)
    assert tree.uids() == ["uid-1"]


def test_without_any_mount_a_private_one_serves(tree, start, monkeypatch):
    """The same groups are found through a mount that no mount table shows."""
    child = start("uid-1", "web")
    before = Path("/proc/self/mountinfo").read_text()
    monkeypatch.setattr(cgroups, "table", list)
    private = find_or_mount(tree._root.removeprefix("minipod/"))
    try:
        assert private.pids("uid-1", "web") == [child.pid]
        assert private.id("uid-1", "web") == tree.id("uid-1", "web")
        private.ensure("uid-2", ["web"])
        assert folder(tree, "uid-2", "web").is_dir()
        assert Path("/proc/self/mountinfo").read_text() == before
    finally:
        private.close()
