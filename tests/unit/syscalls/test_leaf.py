"""The wrappers that need no root: errors, inotify, terminals."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import minipod
from minipod.syscalls import inotify, mounts, namespaces, terminals

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("call", "number", "place"),
    [
        (lambda: mounts.clone("/no/such"), errno.ENOENT, "/no/such"),
        (lambda: mounts.umount("/no/such"), errno.ENOENT, "/no/such"),
        (lambda: mounts.detached("nosuchfs"), errno.ENODEV, "nosuchfs"),
        (lambda: mounts.attach(0, "/no/such"), None, "/no/such"),
        (lambda: inotify.Inotify().add("/no/such", 1), errno.ENOENT, "/no/such"),
        (lambda: namespaces.setns(-1, 0), errno.EBADF, "setns"),
    ],
)
def test_an_error_names_what_it_is_about(
    call: Callable[[], object], number: int | None, place: str
) -> None:
    """OSError with errno, the kernel's words and the path. (Without root some are EPERM.)"""
    with pytest.raises(OSError, match=place) as caught:
        call()
    assert caught.value.errno in (number or caught.value.errno, errno.EPERM)


def test_inotify_tells_what_happens_in_a_folder(tmp_path: Path) -> None:
    """The watch, the mask and the name; nothing when nothing happened."""
    changes = inotify.Inotify()
    watch = changes.add(str(tmp_path), inotify.CREATE | inotify.MODIFY | inotify.MOVED_TO)
    assert changes.read() == []
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").rename(tmp_path / "longer name")
    assert changes.read() == [
        (watch, inotify.CREATE, b"a"),
        (watch, inotify.MODIFY, b"a"),
        (watch, inotify.MOVED_TO, b"longer name"),
    ]
    changes.remove(watch)
    assert [mask for _, mask, _ in changes.read()] == [inotify.IGNORED]
    changes.close()


def test_a_terminal_has_two_ends_and_a_size() -> None:
    """What is written to the master is typed at the terminal."""
    master, terminal = terminals.open_pair("/dev/ptmx")
    terminals.set_size(master, 33, 99)
    assert os.get_terminal_size(terminal) == (99, 33)
    os.write(master, b"typed\n")
    assert os.read(terminal, 100) == b"typed\n"
    assert not os.get_inheritable(master)
    os.close(master)
    os.close(terminal)


def test_the_zygote_imports_little() -> None:
    """No module that costs memory in every sandbox; the list is what may be there."""
    code = (
        "import sys; sys.argv = ['zygote'];"
        f"sys.path.append({str(Path(minipod.__file__).parent.parent)!r});"
        "import minipod.sandbox.zygote; print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    refused = {"asyncio", "dataclasses", "typing", "inspect", "subprocess", "threading", "hashlib"}
    assert loaded & refused == set()
    ours = {name for name in loaded if name.startswith("minipod")}
    assert {name.split(".")[1] for name in ours if "." in name} == {"sandbox", "syscalls"}
