"""Who looks, and how /proc is mounted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from minipod.kernel.mount_table import table
from minipod.model.host_facts import Proc, Rights
from minipod.syscalls import capabilities

_NEEDED = {
    "CAP_CHOWN": capabilities.CHOWN,
    "CAP_DAC_OVERRIDE": capabilities.DAC_OVERRIDE,
    "CAP_KILL": capabilities.KILL,
    "CAP_NET_ADMIN": capabilities.NET_ADMIN,
    "CAP_SYS_ADMIN": capabilities.SYS_ADMIN,
    "CAP_SYS_PTRACE": capabilities.SYS_PTRACE,
}

_SYSTEMD = Path("/run/systemd/system")
"""There where systemd is the first process (sd_booted(3))."""


def rights(argv: tuple[str, ...]) -> Rights:
    """Return who looks; `argv` is how a person would ask again."""
    had = capabilities.permitted()
    missing = tuple(name for name, number in _NEEDED.items() if not had >> number & 1)
    return Rights(
        os.geteuid(),
        missing,
        argv,
        sudo=shutil.which("sudo") is not None,
        filtered=_is_filtered("self"),
        systemd=_SYSTEMD.is_dir() and not _is_filtered("1"),
    )


def proc() -> Proc:
    """Return how /proc is mounted: the last mount there counts."""
    kept = ("hidepid", "subset", "ro")
    options: tuple[str, ...] = ()
    for mount in table():
        if mount.point == "/proc":
            options = tuple(o for o in mount.options if o.partition("=")[0] in kept)
    return Proc(options, Path("/proc/sys/net/ipv4").is_dir())


def _is_filtered(process: str) -> bool:
    """Return whether a process has a seccomp filter (proc_pid_status(5), Seccomp)."""
    try:
        return "\nSeccomp:\t2\n" in Path("/proc", process, "status").read_text()
    except OSError:
        return False
