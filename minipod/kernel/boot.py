"""Which machine this is, which kernel it runs, and which boot of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MACHINE = Path("/etc/machine-id")
_PRODUCT = Path("/sys/class/dmi/id/product_uuid")
_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Return what differs from boot to boot (random(4))."""
    return _ID.read_text().strip()


def machine_id() -> str:
    """Return what differs from installation to installation (machine-id(5)); "" without one."""
    return _text(_MACHINE)


def system_uuid() -> str:
    """Return the firmware's number of this machine, else its machine id: as the kubelet does."""
    return _text(_PRODUCT) or machine_id()


def kernel_version() -> tuple[int, int]:
    """Return the kernel's version, as (6, 8); (0, 0) if it has none that can be read."""
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
