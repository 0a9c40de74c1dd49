"""Where minipod writes, and how much room there is."""

from __future__ import annotations

import os

from minipod.kernel.host_facts.mounts import folder, table
from minipod.kernel.netns_names import FOLDER
from minipod.model.host_facts import Storage

_DISKS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs"})


def storage(root: str) -> Storage:
    """Return what is known of the root's folder and of the folder of names."""
    where = folder(root)
    return Storage(where, folder(str(FOLDER)), _roomiest(where.mount), root)


def _roomiest(but: str) -> str | None:
    """Return where the writable disk with the most room is mounted, other than at `but`."""
    best: tuple[int, str] | None = None
    for mount in table():
        if mount.kind not in _DISKS or mount.point == but or not os.path.isdir(mount.point):
            continue
        room = folder(mount.point)
        if not room.read_only and (best is None or room.free > best[0]):
            best = (room.free, "/var/lib" if mount.point == "/" else mount.point)
    return None if best is None else best[1]
