"""What every container has of its own: /proc, /sys, /dev, /run; and what a pod's containers share.

Masked and read-only paths are those of runc and containerd (OCI: linux.maskedPaths,
linux.readonlyPaths), the devices those of the OCI runtime's default list.
"""

from __future__ import annotations

import os
import stat

from minipod.syscalls import mounts
from minipod.syscalls.mounts import NO_DEV, NO_EXEC, NO_SUID, READ_ONLY

STAGE = "/sys"
"""Where the sandbox keeps what its containers share: in its own mount namespace, which needs no
/sys. A container takes copies by a descriptor of it."""

_EMPTY = "empty"
_SHM = "shm"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - its place in every container
_SHM_SIZE = "64m"
_PLAIN = NO_SUID | NO_DEV | NO_EXEC

_MASKED_IN_PROC = (
    "acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list timer_stats"
)
_READ_ONLY_IN_PROC = "bus fs irq sys sysrq-trigger"
_MASKED_IN_SYS = ("firmware", "devices/virtual/powercap")

_DEVICES = {
    "null": (1, 3),
    "zero": (1, 5),
    "full": (1, 7),
    "random": (1, 8),
    "urandom": (1, 9),
    "tty": (5, 0),
}
_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
_TERMINALS = {"ptmxmode": "0666", "mode": "0620", "gid": "5"}


def prepare_stage() -> None:
    """Mount, once in a sandbox, what its containers share: /dev/shm, and an empty folder."""
    mounts.attach_new("tmpfs", STAGE, {"mode": "0700"}, _PLAIN)
    for name, options, attributes in (
        (_EMPTY, {"mode": "0555"}, _PLAIN | READ_ONLY),
        (_SHM, {"mode": "1777", "size": _SHM_SIZE}, _PLAIN),
    ):
        os.mkdir(f"{STAGE}/{name}")
        mounts.attach_new("tmpfs", f"{STAGE}/{name}", options, attributes)


def make_proc(stage: int) -> None:
    """Mount the /proc of this PID namespace. /dev must be there."""
    mounts.attach_new("proc", "/proc", {}, _PLAIN)
    there = frozenset(os.listdir("/proc"))
    for name in _MASKED_IN_PROC.split():
        if name in there:
            hide(f"/proc/{name}", stage)
    for name in _READ_ONLY_IN_PROC.split():
        if name in there:
            _copy(f"/proc/{name}", f"/proc/{name}", READ_ONLY | _PLAIN)


def make_sys(stage: int) -> None:
    """Mount the /sys of this network namespace, read-only."""
    mounts.attach_new("sysfs", "/sys", {}, _PLAIN | READ_ONLY)
    for name in _MASKED_IN_SYS:
        hide(f"/sys/{name}", stage)


def make_run() -> None:
    """Mount an empty /run."""
    mounts.attach_new("tmpfs", "/run", {"mode": "0755"}, NO_SUID | NO_DEV)
    os.mkdir("/run/lock")
    os.chmod("/run/lock", 0o1777)  # noqa: S103 - as on every host


def make_dev(stage: int) -> None:
    """Mount a /dev with the devices that every program may expect."""
    mounts.attach_new("tmpfs", "/dev", {"mode": "0755", "size": "64m"}, NO_SUID | NO_EXEC)
    mask = os.umask(0)
    for name, number in _DEVICES.items():
        os.mknod(f"/dev/{name}", stat.S_IFCHR | 0o666, os.makedev(*number))
    os.umask(mask)
    for name, target in _LINKS.items():
        os.symlink(target, f"/dev/{name}")
    for name in ("pts", "shm", "mqueue"):
        os.mkdir(f"/dev/{name}", 0o755)
    mounts.attach_new("devpts", "/dev/pts", _TERMINALS, NO_SUID | NO_EXEC)
    share_memory(stage)


def share_memory(stage: int) -> None:
    """Put the pod's shared memory and message queues below /dev, where there is a place."""
    if os.path.isdir(_SHARED_MEMORY):
        _copy(_SHM, _SHARED_MEMORY, at=stage)
    if os.path.isdir("/dev/mqueue"):
        mounts.attach_new("mqueue", "/dev/mqueue", {}, _PLAIN)


def hide(path: str, stage: int) -> None:
    """Cover a folder with an empty one, a file with /dev/null; nothing if there is neither."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        _copy(_EMPTY, path, at=stage)
    else:
        _copy("/dev/null", path)


def _copy(source: str, target: str, attributes: int = 0, *, at: int = mounts.HERE) -> None:
    layer = mounts.clone(source, at=at)
    try:
        if attributes:
            mounts.set_attributes(layer, attributes)
        mounts.attach(layer, target)
    finally:
        os.close(layer)
