"""The pod's own /etc/hosts and so on for containers that share the host's root.

A mount on a file vanishes, everywhere at once, when the host replaces that file by rename. So the
mounts are made in the sandbox's mount namespace, whose containers' are slaves of it: what is
mounted again here reaches every container. A container with a root of its own needs none of this.
"""

from __future__ import annotations

import os
from contextlib import suppress

from minipod.syscalls import inotify, mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.context import Context

_REPLACED = inotify.CREATE | inotify.MOVED_TO | inotify.MOVED_FROM | inotify.DELETE


class HostFiles:
    """Keeps the pod's files mounted over the host's. `active`: the sandbox's mounts are shared."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._changes: inotify.Inotify | None = None

    @property
    def active(self) -> bool:
        """Whether a container must first cut its mounts off from the sandbox's."""
        return self._changes is not None

    def ensure(self) -> None:
        """Mount the files and keep them so, from the first call on. OSError."""
        if self._changes is not None:
            return
        mounts.set_propagation("/", mounts.MS_SHARED | mounts.MS_REC)
        self._changes = changes = inotify.Inotify()
        for folder in {os.path.dirname(path) for path in self._context.spec["files"]}:
            with suppress(FileNotFoundError):
                changes.add(folder, _REPLACED)
        self._context.loop.watch(changes.fileno(), self._look)
        for path in self._place_all():
            message = f"the pod's {path} cannot be seen: the host has no such file to put it over"
            self._context.journal.record("warning", name=None, message=message)

    def _look(self) -> None:
        assert self._changes is not None
        while self._changes.read():
            pass
        self._place_all()

    def _place_all(self) -> list[str]:
        """Mount what is not mounted, on a link itself if it is one; return what has no place."""
        placeless = []
        for path, name in self._context.spec["files"].items():
            try:
                if not self._is_placed(path, name):
                    self._place(path, name)
            except OSError:
                placeless.append(path)
        return placeless

    def _is_placed(self, path: str, name: str) -> bool:
        ours = os.stat(name, dir_fd=self._context.folder)
        return os.path.samestat(os.lstat(path), ours)

    def _place(self, path: str, name: str) -> None:
        file = mounts.clone(f"{self._context.spec['folder']}/{name}")
        try:
            mounts.attach(file, path)
        finally:
            os.close(file)
