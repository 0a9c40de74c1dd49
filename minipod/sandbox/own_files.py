"""What every container has of its own: /proc, /sys, /dev, /run; and what a pod's containers share.

Masked and read-only paths are those of runc and containerd (OCI: linux.maskedPaths,
linux.readonlyPaths), the devices those of the OCI runtime's default list.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from minipod.syscalls import mounts
from minipod.syscalls.mounts import NO_DEV, NO_EXEC, NO_SUID, READ_ONLY

_PLAIN = NO_SUID | NO_DEV | NO_EXEC

_MASKED_FILES = (
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/timer_list",
    "/proc/timer_stats",
)
_MASKED_FOLDERS = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/scsi",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

_DEVICES = (
    ("full", os.makedev(1, 7)),
    ("null", os.makedev(1, 3)),
    ("random", os.makedev(1, 8)),
    ("tty", os.makedev(5, 0)),
    ("urandom", os.makedev(1, 9)),
    ("zero", os.makedev(1, 5)),
)
_LINKS = (
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/ptmx", "pts/ptmx"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
)
_DEVICE = stat.S_IFCHR | 0o666
_TERMINALS = "newinstance,ptmxmode=0666,mode=0620,gid=5"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - its place in every container
_QUEUES = "/dev/mqueue"


class Stage:
    """What a sandbox prepares once, for containers: shared memory, devices, an empty folder.

    It lies on /sys of the sandbox's mount namespace, which has no use for that. A container opens
    it before anything is changed, and finds it by that descriptor ever after.
    """

    __slots__ = ("_has_queues", "_masked_files", "_masked_folders", "_read_only")

    _PLACE = "/sys"

    def __init__(self) -> None:
        """Prepare it; OSError. What this kernel has of it all is looked up here, once."""
        self._has_queues = os.path.exists("/proc/sys/fs/mqueue")
        self._masked_files = _existing(_MASKED_FILES)
        self._masked_folders = _existing(_MASKED_FOLDERS)
        self._read_only = _existing(_READ_ONLY)
        mounts.mount("minipod", self._PLACE, "tmpfs", _PLAIN, "mode=0700")
        for name, flags, options in (
            ("empty", _PLAIN | READ_ONLY, "mode=0555"),
            ("shm", _PLAIN, "mode=1777,size=64m"),
            ("devices", NO_SUID | NO_EXEC, "mode=0755,size=64k"),
        ):
            os.mkdir(f"{self._PLACE}/{name}")
            mounts.mount("minipod", f"{self._PLACE}/{name}", "tmpfs", flags, options)
        mask = os.umask(0)
        for name, number in _DEVICES:
            os.mknod(f"{self._PLACE}/devices/{name}", _DEVICE, number)
        os.umask(mask)

    def open(self) -> int:
        """Return a descriptor of it, in the container's copy of the sandbox's mounts."""
        return os.open(self._PLACE, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def furnish(self, stage: int) -> None:
        """Make all that a container has of its own, below a root of its own."""
        _mount_kernel_files()
        mounts.mount("tmpfs", "/run", "tmpfs", NO_SUID | NO_DEV, "mode=0755")
        os.mkdir("/run/lock")
        os.chmod("/run/lock", 0o1777)  # noqa: S103 - as on every host
        # A node that a container makes opens nothing, here or elsewhere: it may make nodes, and
        # one of the host's disk would lead past everything. So the devices are mounted one by one.
        mounts.mount("tmpfs", "/dev", "tmpfs", _PLAIN, "mode=0755,size=64m")
        for name, _ in _DEVICES:
            os.close(os.open(f"/dev/{name}", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666))
            mounts.bind(f"/proc/self/fd/{stage}/devices/{name}", f"/dev/{name}")
        for path, target in _LINKS:
            os.symlink(target, path)
        for path in ("/dev/pts", _SHARED_MEMORY, _QUEUES):
            os.mkdir(path, 0o755)
        mounts.mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXEC, _TERMINALS)
        self._share_memory(stage)
        self._protect(stage)

    def furnish_host(self, stage: int) -> None:
        """Put what is the pod's over the host's root."""
        _mount_kernel_files()
        self._share_memory(stage)
        self._protect(stage)

    def mask(self, stage: int, folders: list[str]) -> None:
        """Cover folders with an empty one, where they are."""
        for path in folders:
            with suppress(FileNotFoundError):
                mounts.bind(f"/proc/self/fd/{stage}/empty", path)

    def _share_memory(self, stage: int) -> None:
        """Mount the pod's shared memory and message queues, where there is a place for them."""
        with suppress(FileNotFoundError):
            mounts.bind(f"/proc/self/fd/{stage}/shm", _SHARED_MEMORY)
        if self._has_queues:
            with suppress(FileNotFoundError):
                mounts.mount("mqueue", _QUEUES, "mqueue", _PLAIN)

    def _protect(self, stage: int) -> None:
        self.mask(stage, self._masked_folders)
        for path in self._masked_files:
            mounts.bind("/dev/null", path)
        for path in self._read_only:
            mounts.bind(path, path, READ_ONLY | _PLAIN)


def _existing(paths: tuple[str, ...]) -> list[str]:
    return [path for path in paths if os.path.exists(path)]


def _mount_kernel_files() -> None:
    """Mount the /proc of this PID namespace, and the /sys of this network namespace."""
    mounts.mount("proc", "/proc", "proc", _PLAIN)
    mounts.mount("sysfs", "/sys", "sysfs", _PLAIN | READ_ONLY)
