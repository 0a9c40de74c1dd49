"""Whether a folder may be an instance's root: who writes to it commands all that minipod does."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from minipod.errors import HostError

if TYPE_CHECKING:
    import os

_ROOTS_GROUP = 0


def require_own(path: str, found: os.stat_result, user: int) -> None:
    """Raise HostError if another than `user`, as whom minipod runs, owns a folder or may write it.

    Who may replace its socket, lock or state is as good as root: ssh refuses such keys, and
    systemd-tmpfiles such paths. The group root is no other: it has no members but by root's will.
    """
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != user:
        raise HostError(
            f"cannot use {path}: it belongs to another user (uid {found.st_uid})",
            hint=f"chown {user} {path}",
        )
    others = stat.S_IWOTH if found.st_gid == _ROOTS_GROUP else stat.S_IWOTH | stat.S_IWGRP
    if mode & others:
        raise HostError(
            f"cannot use {path}: others may write to it (mode {mode:04o})",
            hint=f"chmod 700 {path}",
        )
