"""The control group (v2) that is watched, and the watcher's own below it.

The watcher is one of those whom it sees: only so can it know that it sees.
"""

from __future__ import annotations

import os
from contextlib import suppress

from minipod.sandbox.protocol import GROUPS
from minipod.syscalls.processes import join_cgroup
from minipod.watcher.protocol import WATCHER_GROUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_THREADS = "cgroup.threads"


class Group:
    """BASE/minipod/ROOTID, given as the descriptor `watched`, and WATCHER_GROUP in it."""

    def __init__(self, watched: int, root_id: str) -> None:
        self.watched = watched
        self._root_id = root_id
        self._folder = os.open("..", _DIRECTORY, dir_fd=watched)
        self._base = os.open("..", _DIRECTORY, dir_fd=self._folder)

    def enter(self) -> None:
        """Make this process live in its own group. OSError."""
        with suppress(FileExistsError):
            os.mkdir(WATCHER_GROUP, dir_fd=self.watched)
        own = os.open(WATCHER_GROUP, _DIRECTORY, dir_fd=self.watched)
        join_cgroup(own)
        os.close(own)

    @property
    def own_id(self) -> int:
        """The id of the watcher's own group, as records tell it."""
        return os.stat(WATCHER_GROUP, dir_fd=self.watched).st_ino

    def leave(self) -> None:
        """Go to the top, and remove what is empty then: of this root, and of all."""
        with suppress(OSError):
            join_cgroup(self._base)
        with suppress(OSError):
            os.rmdir(WATCHER_GROUP, dir_fd=self.watched)
            os.rmdir(self._root_id, dir_fd=self._folder)
            os.rmdir(GROUPS, dir_fd=self._base)

    def threads(self) -> set[int]:
        """Return the threads of all that is watched, this process included."""
        return set(_threads(self.watched))


def _threads(directory: int) -> Iterator[int]:
    """Return the threads in a group and below it; any may go meanwhile."""
    with suppress(OSError):
        file = os.open(_THREADS, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
        with open(file, "rb") as lines:
            yield from map(int, lines)
    with os.scandir(directory) as entries:
        names = [entry.name for entry in entries if entry.is_dir()]
    for name in names:
        with suppress(FileNotFoundError):
            child = os.open(name, _DIRECTORY, dir_fd=directory)
            try:
                yield from _threads(child)
            finally:
                os.close(child)
