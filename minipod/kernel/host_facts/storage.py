"""Where minipod writes, and how much room there is."""

from __future__ import annotations

import os

from minipod.kernel.mount_table import table
from minipod.kernel.netns_names import FOLDER
from minipod.model.host_facts import Folder, Storage

_DISKS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs"})


def storage(root: str) -> Storage:
    """Return what is known of the root's folder and of the folder of names."""
    where = _folder(root)
    return Storage(where, _folder(str(FOLDER)), _roomiest(where.mount), root)


def _roomiest(but: str) -> str | None:
    """Return where the writable disk with the most room is mounted, other than at `but`."""
    best: tuple[int, str] | None = None
    for mount in table():
        if mount.kind not in _DISKS or mount.point == but or not os.path.isdir(mount.point):
            continue
        room = _folder(mount.point)
        if not room.read_only and (best is None or room.free > best[0]):
            best = (room.free, "/var/lib" if mount.point == "/" else mount.point)
    return None if best is None else best[1]


def _folder(path: str) -> Folder:
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
