"""Names of namespaces in /run/netns, so that `ip netns` lists pods and nodes and enters them.

A name is a symlink to /proc/PID/ns/net: no mount is made. It must go when the process ends, for
its pid may be used again. What is not exactly the link that we made is never touched, but a link of
this kind whose process has ended gives its name up.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path("/run/netns")
_MODE = 0o755
_TARGET = re.compile(r"/proc/[0-9]+/ns/net")


class NetnsNames:
    """The names below one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def add(self, names: Iterable[str], pid: int) -> str | None:
        """Give a process's namespace the first name that is free; None if none is.

        One that has a name of these keeps it. HostError if the folder cannot be written.
        """
        target = _target(pid)
        names = list(names)
        try:
            for name in names:
                if self._points_to(name, target):
                    return name
            self._folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
            return next((name for name in names if self._take(name, target)), None)
        except OSError as error:
            raise HostError(
                f"cannot name a namespace in {self._folder}: {error.strerror}"
            ) from error

    def remove(self, name: str, pid: int) -> None:
        """Remove a name that `add` gave; nothing happens if it is gone or another's by now."""
        with contextlib.suppress(OSError):
            if self._points_to(name, _target(pid)):
                (self._folder / name).unlink()

    def of(self, pid: int) -> list[str]:
        """Return every name of a process's namespace, whoever gave it."""
        target = _target(pid)
        try:
            return [name for name in os.listdir(self._folder) if self._points_to(name, target)]
        except FileNotFoundError:
            return []

    def _take(self, name: str, target: str) -> bool:
        path = self._folder / name
        try:
            path.symlink_to(target)
        except FileExistsError:
            if not _leads_nowhere(path):
                return False
            path.unlink()
            path.symlink_to(target)
        return True

    def _points_to(self, name: str, target: str) -> bool:
        path = self._folder / name
        return path.is_symlink() and str(path.readlink()) == target


def _leads_nowhere(path: Path) -> bool:
    """Return whether a name was that of a process that has ended: then nobody enters anything."""
    ours = path.is_symlink() and _TARGET.fullmatch(str(path.readlink()))
    return bool(ours) and not os.path.lexists(path.readlink().parent.parent)


def _target(pid: int) -> str:
    return f"/proc/{pid}/ns/net"
