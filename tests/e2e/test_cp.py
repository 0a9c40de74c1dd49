"""`minipod cp`: files into a container and out of it, judged by what is there afterwards."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from tests.support.manifests import container, pod

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Minipod


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_files_and_folders_go_in_and_come_out_as_they_were(
    minipod: Minipod, tmp_path: Path
) -> None:
    minipod.create(pod("web"))
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep/big").write_bytes(os.urandom(5_000_000))
    (tree / "script").write_text("#!/bin/sh\n")
    (tree / "script").chmod(0o750)

    minipod.ok("cp", "tree", "web:/srv/new")
    minipod.ok("cp", "tree/script", "web:/srv")
    listed = minipod.ok("exec", "web", "--", "find", "/srv", "-type", "f", "-printf", "%p %m\n")
    assert set(listed.splitlines()) >= {
        "/srv/new/deep/big 644",
        "/srv/new/script 750",
        "/srv/script 750",
    }
    summed = minipod.ok("exec", "web", "--", "sha256sum", "/srv/new/deep/big")
    assert summed.split()[0] == digest(tree / "deep/big")

    minipod.ok("cp", "default/web:/srv/new", "back")
    assert digest(tmp_path / "back/deep/big") == digest(tree / "deep/big")
    assert (tmp_path / "back/script").stat().st_mode & 0o777 == 0o750
    minipod.ok("cp", "web:/srv/script", ".")
    assert (tmp_path / "script").is_file()

    missing = minipod.fails("cp", "web:/srv/nothing", "x")
    assert missing.startswith("Error: cannot copy web:/srv/nothing to x: tar: nothing:")
    assert not (tmp_path / "x").exists()
    nowhere = minipod.fails("cp", "script", "web:/nowhere/x")
    assert nowhere.startswith("Error: cannot copy script to web:/nowhere/x: tar: /nowhere:")
    full = minipod.fails("cp", "web:/srv/new", "/proc/new")
    assert full.startswith("Error: cannot copy web:/srv/new to /proc/new: /proc/new: ")
    hidden = minipod.fails("cp", "script", "web:/srv", "-c", "other")
    assert 'container "other" not found in pod "web"' in hidden


def test_a_container_without_tar_is_told_of(minipod: Minipod, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    nothing = [{"name": "PATH", "value": str(tmp_path / "empty")}]
    minipod.create(pod("web", container("main", ["/bin/sleep", "inf"], env=nothing)))
    assert minipod.fails("cp", "web:/etc/hosts", "b", code=127).splitlines() == [
        'Error: cannot run "tar" in container "main": executable file not found in $PATH',
        "Hint: cp runs tar in the container: its files must have one",
    ]
