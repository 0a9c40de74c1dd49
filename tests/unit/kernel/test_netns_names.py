"""Names in /run/netns: symlinks, and nobody else's entry is ever touched."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError
from minipod.kernel.netns_names import NetnsNames

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "netns"


@pytest.fixture
def names(folder: Path) -> NetnsNames:
    return NetnsNames(folder)


def test_a_name_leads_to_the_namespace_of_the_process(names: NetnsNames, folder: Path) -> None:
    assert names.add(["web", "lab.web"], os.getpid()) == "web"
    assert (folder / "web").samefile("/proc/self/ns/net")
    assert folder.stat().st_mode & 0o777 == 0o755


def test_what_exists_is_left_alone_and_the_next_name_taken(names: NetnsNames, folder: Path) -> None:
    """A file, as `ip netns add` makes it, and a link to elsewhere, even to nowhere."""
    folder.mkdir()
    (folder / "web").touch()
    (folder / "lab.web").symlink_to("/proc/1/ns/net")
    (folder / "0a.web").symlink_to("nowhere")
    assert names.add(["web", "lab.web", "0a.web", "last"], 4711) == "last"
    assert (folder / "web").is_file()
    assert str((folder / "lab.web").readlink()) == "/proc/1/ns/net"
    assert str((folder / "0a.web").readlink()) == "nowhere"


def test_the_name_of_a_process_that_has_ended_is_free(names: NetnsNames, folder: Path) -> None:
    """All of a root was killed and removed, say: nobody is left who would clear it away."""
    folder.mkdir()
    with subprocess.Popen(["true"]) as ended:
        pass
    (folder / "web").symlink_to(f"/proc/{ended.pid}/ns/net")
    assert names.add(["web", "lab.web"], os.getpid()) == "web"
    assert (folder / "web").samefile("/proc/self/ns/net")


def test_without_a_free_name_there_is_none(names: NetnsNames, folder: Path) -> None:
    folder.mkdir()
    (folder / "web").touch()
    assert names.add(["web"], 4711) is None


def test_the_same_name_for_the_same_process_is_given_again(names: NetnsNames) -> None:
    assert names.add(["web", "lab.web"], 4711) == "web"
    assert names.add(["web", "lab.web"], 4711) == "web"


def test_a_process_keeps_its_name_when_a_better_one_becomes_free(
    names: NetnsNames, folder: Path
) -> None:
    folder.mkdir()
    (folder / "web").touch()
    names.add(["web", "lab.web"], 4711)
    (folder / "web").unlink()
    assert names.add(["web", "lab.web"], 4711) == "lab.web"
    assert not (folder / "web").exists()


def test_removing_takes_exactly_the_link_that_was_made(names: NetnsNames, folder: Path) -> None:
    names.add(["web"], 4711)
    names.remove("web", 4712)
    assert (folder / "web").is_symlink()
    names.remove("web", 4711)
    assert not (folder / "web").is_symlink()


def test_removing_never_takes_a_file_of_that_name(names: NetnsNames, folder: Path) -> None:
    folder.mkdir()
    (folder / "web").touch()
    names.remove("web", 4711)
    assert (folder / "web").exists()


def test_removing_what_is_gone_is_no_error(names: NetnsNames) -> None:
    names.remove("web", 4711)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot name a namespace"):
        NetnsNames(tmp_path / "file" / "netns").add(["web"], 4711)
