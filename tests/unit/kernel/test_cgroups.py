"""The tree's own book-keeping, on an ordinary folder: names, paths, what is there already."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError
from minipod.kernel.cgroups import FOLDER, CgroupTree
from minipod.sandbox.protocol import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[CgroupTree]:
    """Give the groups of a root, on a folder that plays cgroupfs."""
    opened = CgroupTree(os.open(tmp_path, os.O_RDONLY), "/", "abc123")
    yield opened
    opened.close()


def test_groups_lie_below_the_root_and_the_pod(tree, tmp_path):
    tree.ensure("uid-1", ["web", "shell"])
    assert sorted(path.name for path in (tmp_path / "minipod/abc123/uid-1").iterdir()) == [
        "shell",
        "web",
    ]
    assert tree.uids() == ["uid-1"]


def test_ensure_adds_what_lacks(tree):
    tree.ensure("uid-1", ["web"])
    before = tree.id("uid-1", "web")
    tree.ensure("uid-1", ["web", "shell"])
    assert tree.id("uid-1", "web") == before
    assert sorted(tree.names("uid-1").values()) == ["shell", "web"]


def test_names_are_told_by_the_ids_of_their_folders(tree, tmp_path):
    tree.ensure("uid-1", ["web"])
    inode = (tmp_path / "minipod/abc123/uid-1/web").stat().st_ino
    assert tree.names("uid-1") == {inode: "web"}
    assert tree.id("uid-1", "web") == inode


def test_open_gives_the_pods_own_group(tree, tmp_path):
    tree.ensure("uid-1")
    descriptor = tree.open("uid-1")
    try:
        assert os.path.samestat(os.fstat(descriptor), (tmp_path / "minipod/abc123/uid-1").stat())
        assert not os.get_inheritable(descriptor)
    finally:
        os.close(descriptor)


def test_what_is_not_there_is_empty_and_can_be_ended_and_removed(tree):
    assert tree.uids() == []
    assert tree.names("uid-1") == {}
    assert tree.pids("uid-1") == []
    asyncio.run(tree.kill("uid-1"))
    asyncio.run(tree.remove("uid-1"))
    tree.remove_root()


def test_what_is_not_there_has_no_id_and_cannot_be_opened(tree):
    with pytest.raises(HostError, match="cannot look at control group minipod/abc123/uid-1: No su"):
        tree.id("uid-1")
    with pytest.raises(HostError, match="cannot open control group minipod/abc123/uid-1: No such"):
        tree.open("uid-1")


def test_remove_takes_a_pod_with_all_below_it_and_no_other(tree, tmp_path):
    tree.ensure("uid-1", ["web", "web/nested"])
    tree.ensure("uid-2", ["web"])
    asyncio.run(tree.remove("uid-1"))
    assert tree.uids() == ["uid-2"]
    assert (tmp_path / "minipod/abc123/uid-2/web").is_dir()


def test_remove_root_leaves_other_roots_alone(tree, tmp_path):
    (tmp_path / "minipod/def456").mkdir(parents=True)
    tree.ensure("uid-1", ["web"])
    tree.remove_root()
    assert [path.name for path in (tmp_path / "minipod").iterdir()] == ["def456"]


def test_the_last_root_takes_the_folder_of_all_with_it(tree, tmp_path):
    tree.ensure("uid-1")
    tree.remove_root()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_root_removed_is_made_again(tree, tmp_path):
    tree.ensure("uid-1")
    tree.remove_root()
    tree.ensure("uid-2")
    assert tree.uids() == ["uid-2"]


def test_a_refusal_names_the_group(tree, tmp_path):
    (tmp_path / "minipod").write_text("in the way")
    with pytest.raises(HostError, match="cannot make control group minipod/abc123/uid-1: Not a"):
        tree.ensure("uid-1")


def test_kernel_and_sandbox_mean_the_same_folder_of_groups() -> None:
    """Neither imports the other: the server enters and removes what the other one makes."""
    assert FOLDER == GROUPS
