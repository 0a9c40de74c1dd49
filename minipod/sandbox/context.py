"""What all parts of a sandbox work with."""

from __future__ import annotations

import os

from minipod.sandbox.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.sandbox.loop import Loop
    from minipod.sandbox.protocol import SandboxSpec

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Context:
    """A pod's folder and cgroup, by descriptors that no later mount can hide; loop and journal."""

    __slots__ = ("cgroup", "folder", "journal", "loop", "nothing", "spec")

    def __init__(
        self, spec: SandboxSpec, cgroup: int, loop: Loop, told: Callable[[int], None]
    ) -> None:
        self.spec = spec
        self.cgroup = cgroup
        self.loop = loop
        self.folder = os.open(spec["folder"], _DIRECTORY)
        self.nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self.journal = Journal(self.folder, loop, told)

    def open_group(self, name: str) -> int:
        """Return a descriptor of a container's cgroup, made if it is not there."""
        try:
            return os.open(name, _DIRECTORY, dir_fd=self.cgroup)
        except FileNotFoundError:
            os.mkdir(name, dir_fd=self.cgroup)
            return os.open(name, _DIRECTORY, dir_fd=self.cgroup)
