"""Mounts: mount(2), umount2(2), pivot_root(2), and the calls by descriptor (fsopen(2) and so on).

The calls by descriptor take no string of options, so neither a path's length (a page for all
options of mount(2)) nor a "," or ":" in it matters.
"""

from __future__ import annotations

import os
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_size_t,
    c_uint,
    c_uint64,
    c_ulong,
    sizeof,
)

from minipod.syscalls._libc import check, encoded, function, system_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

READ_ONLY = 1
NO_SUID = 2
NO_DEV = 4
NO_EXEC = 8

MS_REC = 1 << 14
_MS_REMOUNT = 1 << 5
_MS_BIND = 1 << 12
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19
MS_SHARED = 1 << 20
DETACH = 2
HERE = -100
"""Relative to the working folder (AT_FDCWD)."""

_AT_EMPTY_PATH = 0x1000
_FSOPEN_CLOEXEC = 1
_FSMOUNT_CLOEXEC = 1
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH = 4
_SET_FLAG = 0
_SET_STRING = 1
_CREATE = 6

# Not among the numbers that all machines share (424 and up). Newer machines have the generic one.
_PIVOT_ROOT = {"x86_64": 155, "ppc64le": 203, "s390x": 217}.get(os.uname().machine, 41)


class _Attributes(Structure):
    _fields_ = (
        ("set", c_uint64),
        ("clear", c_uint64),
        ("propagation", c_uint64),
        ("userns", c_uint64),
    )


_mount = function("mount", c_char_p, c_char_p, c_char_p, c_ulong, c_char_p)
_umount2 = function("umount2", c_char_p, c_int)
_pivot_root = system_call(_PIVOT_ROOT, c_char_p, c_char_p)
_open_tree = system_call(428, c_int, c_char_p, c_uint)
_move_mount = system_call(429, c_int, c_char_p, c_int, c_char_p, c_uint)
_fsopen = system_call(430, c_char_p, c_uint)
_fsconfig = system_call(431, c_int, c_uint, c_char_p, c_char_p, c_int)
_fsmount = system_call(432, c_int, c_uint, c_uint)
_mount_setattr = system_call(442, c_int, c_char_p, c_uint, POINTER(_Attributes), c_size_t)


def mount(source: str, target: str, filesystem: str, flags: int = 0, options: str = "") -> None:
    """Mount a filesystem the old way: one call, where names and options are plain and short."""
    words = (encoded(source), encoded(target), encoded(filesystem))
    check(_mount(*words, flags, encoded(options)), target)


def bind(source: str, target: str, attributes: int = 0) -> None:
    """Mount a folder or file a second time; with READ_ONLY and the like, as it shall be there."""
    path = encoded(target)
    check(_mount(encoded(source), path, None, _MS_BIND, None), target)
    if attributes:
        check(_mount(None, path, None, _MS_BIND | _MS_REMOUNT | attributes, None), target)


def set_propagation(target: str, flags: int) -> None:
    """Make mounts private, slave or shared (MS_PRIVATE, MS_SLAVE, MS_SHARED; | MS_REC)."""
    check(_mount(None, encoded(target), None, flags, None), target)


def umount(target: str, flags: int = 0) -> None:
    """Take a mount away."""
    check(_umount2(encoded(target), flags), target)


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace and put the present one on `old`."""
    check(_pivot_root(encoded(new), encoded(old)), new)


def detached(
    filesystem: str, options: Mapping[str, str | None] | None = None, attributes: int = 0
) -> int:
    """Return a descriptor of a new mount that is attached nowhere; it ends with its descriptor.

    An option's value is None for a mere flag, else at most 255 bytes. `attributes` are those of
    the mount: READ_ONLY, NO_SUID, NO_DEV, NO_EXEC.
    """
    context = check(_fsopen(encoded(filesystem), _FSOPEN_CLOEXEC), filesystem)
    try:
        for key, value in (options or {}).items():
            command = _SET_FLAG if value is None else _SET_STRING
            done = _fsconfig(context, command, encoded(key), encoded(value), 0)
            check(done, f"{filesystem} option {key}")
        check(_fsconfig(context, _CREATE, None, None, 0), filesystem)
        return check(_fsmount(context, _FSMOUNT_CLOEXEC, attributes), filesystem)
    finally:
        os.close(context)


def clone(path: str, *, at: int = HERE) -> int:
    """Return a descriptor of a copy of the mount at a path: a bind mount, still detached.

    `path` is relative to the descriptor `at`. Mounts below it are not copied.
    """
    return check(_open_tree(at, encoded(path), _OPEN_TREE_CLONE | os.O_CLOEXEC), path)


def attach(descriptor: int, target: str) -> None:
    """Attach a detached mount at a path, on the link itself if that is a symlink."""
    done = _move_mount(descriptor, b"", HERE, encoded(target), _MOVE_MOUNT_F_EMPTY_PATH)
    check(done, target)


def set_attributes(descriptor: int, attributes: int) -> None:
    """Add READ_ONLY and the like to a mount, by its descriptor (Linux 5.12)."""
    wanted = _Attributes(attributes, 0, 0, 0)
    done = _mount_setattr(descriptor, b"", _AT_EMPTY_PATH, byref(wanted), sizeof(wanted))
    check(done, "mount_setattr")
