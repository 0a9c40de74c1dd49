"""The mount table (proc(5), mountinfo), and the filesystem that a path lies on."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.host_facts import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mount(NamedTuple):
    """A line of the table. `options` are those of the mount and of its filesystem."""

    device: int
    root: str
    point: str
    kind: str
    options: tuple[str, ...]

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written there, through this mount or at all."""
        return "ro" in self.options


def table() -> list[Mount]:
    """Return the mounts that this process sees, in the order in which they were made."""
    try:
        text = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    except OSError:
        return []
    return list(_rows(text))


def folder(path: str) -> Folder:
    """Return a folder's filesystem; of one that is not there, that of the next above it."""
    path = os.path.realpath(path)
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    room = os.statvfs(path)
    return Folder(
        path,
        _mount_point(path),
        bool(room.f_flag & os.ST_RDONLY),
        room.f_bavail * room.f_frsize,
        room.f_favail if room.f_files else None,
    )


def _mount_point(path: str) -> str:
    """Return where the filesystem of a path is mounted: the nearest mount above it."""
    points = {mount.point for mount in table()}
    while path not in points and path != "/":
        path = os.path.dirname(path)
    return path


def _rows(text: str) -> Iterator[Mount]:
    for line in text.splitlines():
        mount, _, filesystem = line.partition(" - ")
        _, _, device, root, point, options, *_ = mount.split()
        kind, _, *super_options = filesystem.split(" ")
        major, minor = map(int, device.split(":"))
        every = (*options.split(","), *",".join(super_options).split(","))
        yield Mount(os.makedev(major, minor), _plain(root), _plain(point), kind, every)


def _plain(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)
