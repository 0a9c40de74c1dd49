"""Which boot of the machine this is."""

from __future__ import annotations

from pathlib import Path

_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Return what differs from boot to boot (random(4))."""
    return _ID.read_text().strip()
