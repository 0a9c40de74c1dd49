"""Where the kernel's tracing interface is: mounted on the machine, else for this process alone."""

from __future__ import annotations

import os

from minipod.syscalls import mounts

_PLACES = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_ATTRIBUTES = mounts.NO_SUID | mounts.NO_DEV | mounts.NO_EXEC


def open_tracefs() -> int:
    """Return a descriptor of its top. OSError if the kernel gives none.

    A mount of our own is detached: it appears in no mount table, and ends with its descriptor.
    """
    for place in _PLACES:
        if os.access(f"{place}/events", os.F_OK):
            return os.open(place, _DIRECTORY)
    return mounts.detached("tracefs", attributes=_ATTRIBUTES)


def read(top: int, path: str) -> str:
    """Return what a file says."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=top)
    with open(descriptor, encoding="utf-8") as file:
        return file.read()


def write(top: int, path: str, text: str, flags: int = os.O_TRUNC) -> None:
    """Tell a file something."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, dir_fd=top)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
