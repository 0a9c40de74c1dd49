"""A root's folder while its server runs: somebody may sweep its socket away, or all of it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.plan.trust import require_own
from minipod.syscalls import inotify

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from minipod.model.root import Root

SETTLE = 0.5
"""Seconds from a loss to the look at what is left: `rm -rf` takes one file after the other."""

_LOST = inotify.MOVED_FROM | inotify.DELETE | inotify.MOVE_SELF


def make(root: Root) -> None:
    """Make the folder if it is not there. HostError, also if it is not its user's alone."""
    try:
        os.makedirs(root.path, mode=0o700, exist_ok=True)
        found = os.stat(root.path)
    except OSError as error:
        raise HostError(f"cannot make {root.path}: {error.strerror}") from error
    require_own(root.path, found, os.geteuid())


class RootFolder:
    """The folder as it is now, known by a file in it that outlives every server. HostError."""

    def __init__(self, root: Root, lasting: str) -> None:
        self._root = root
        self._path = f"{root.path}/{lasting}"
        try:
            self._lasting = os.open(self._path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            raise HostError(f"cannot open {self._path}: {error.strerror}") from error

    @property
    def is_there(self) -> bool:
        """Whether the root's path still leads to it, and not to nothing or to another one."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._lasting))
        except OSError:
            return False

    @property
    def has_socket(self) -> bool:
        """Whether there is a socket by which clients find a server."""
        return os.path.lexists(self._root.socket)

    async def losses(self) -> AsyncGenerator[None, None]:
        """Yield each time that something was removed, or moved away. OSError: it is not seen."""
        changes, happened = inotify.Inotify(), asyncio.Event()

        def look() -> None:
            while changes.read():
                happened.set()

        loop = asyncio.get_running_loop()
        loop.add_reader(changes.fileno(), look)
        try:
            changes.add(self._root.path, _LOST)
            while True:
                await happened.wait()
                await asyncio.sleep(SETTLE)
                happened.clear()
                yield
        finally:
            loop.remove_reader(changes.fileno())
            changes.close()
