"""Which of the host's mounts a container gets."""

from __future__ import annotations

import pytest

from minipod.sandbox.host_mounts import HostMount, wanted

MASKED = ["/var/lib/minipod"]


def line(path: str, kind: str = "ext4", options: str = "rw", super_options: str = "rw") -> str:
    """Return a line of mountinfo."""
    return f"36 35 98:0 / {path} {options},relatime shared:1 - {kind} /dev/sda1 {super_options}\n"


@pytest.mark.parametrize(
    ("text", "mounts"),
    [
        (line("/"), []),
        (line("/home"), [HostMount("/home", writable=True)]),
        (line("/boot", options="ro"), [HostMount("/boot", writable=False)]),
        (line("/snap", "squashfs", super_options="ro"), [HostMount("/snap", writable=False)]),
        (line("/tmp", "tmpfs"), [HostMount("/tmp", writable=True)]),
        (line("/nfs", super_options="rw,ro_x=ro"), [HostMount("/nfs", writable=True)]),
        (line("/merged", "overlay"), [HostMount("/merged", writable=False)]),
        (line(r"/a\040b\134c"), [HostMount("/a b\\c", writable=True)]),
        (line("/sys/fs/cgroup", "cgroup2"), []),
        (line("/run/user/0", "tmpfs"), []),
        (line("/dev/shm", "tmpfs"), []),
        (line("/debug", "debugfs"), []),
        (line("/var/lib/minipod"), []),
        (line("/var/lib/minipod/pods"), []),
        (line("/var/lib/minipods"), [HostMount("/var/lib/minipods", writable=True)]),
        (line("/runner"), [HostMount("/runner", writable=True)]),
    ],
)
def test_a_mount(text: str, mounts: list[HostMount]) -> None:
    """Folders with files are wanted; kernel's files, own folders and masked ones are not."""
    assert wanted(text, MASKED) == mounts


def test_outer_mounts_come_before_inner_ones() -> None:
    """So that the inner ones find their place."""
    table = line("/a/b") + line("/a") + line("/a/b/c")
    assert [mount.path for mount in wanted(table, MASKED)] == ["/a", "/a/b", "/a/b/c"]


def test_the_last_mount_on_a_path_counts() -> None:
    """It is the one that is seen."""
    table = line("/a", options="ro") + line("/a")
    assert wanted(table, MASKED) == [HostMount("/a", writable=True)]
