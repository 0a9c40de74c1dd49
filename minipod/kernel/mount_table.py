"""The mount table, as this process sees it (proc(5), mountinfo)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mount(NamedTuple):
    """A line of the table. `options` are those of the mount and of its filesystem."""

    device: int
    root: str
    point: str
    kind: str
    options: tuple[str, ...]

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written there, through this mount or at all."""
        return "ro" in self.options


def table() -> list[Mount]:
    """Return the mounts in the order in which they were made; none where /proc does not tell."""
    try:
        text = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    except OSError:
        return []
    return list(_rows(text))


def _rows(text: str) -> Iterator[Mount]:
    for line in text.splitlines():
        mount, _, filesystem = line.partition(" - ")
        _, _, device, root, point, options, *_ = mount.split()
        kind, _, *super_options = filesystem.split(" ")
        major, minor = map(int, device.split(":"))
        every = (*options.split(","), *",".join(super_options).split(","))
        yield Mount(os.makedev(major, minor), _plain(root), _plain(point), kind, every)


def _plain(path: str) -> str:
    """Return a path as it is: space, tab, newline and backslash are octal in the table."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)
