"""What both mechanisms with BPF have in common: maps, programs, hooks, and reading what comes."""

from __future__ import annotations

import os

from minipod.watcher.maps import RING_SIZE, Maps
from minipod.watcher.programs import WAKING_INTERVAL, Writer
from minipod.watcher.records import Decoder
from minipod.watcher.ring import Ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.watcher.layout import Layout
    from minipod.watcher.records import Seen


class BpfSource:
    """Programs that are loaded once, hooked in by `resume` and out by `pause`.

    `cgroup` is the directory of the group that is watched; the others as of programs.Writer.
    """

    look_again: float | None = 2 * WAKING_INTERVAL / 1e9

    def __init__(self, cgroup: int, own: int, layout: Layout | None, level: int) -> None:
        self.kernel_fields = layout is not None
        self._programs: list[tuple[int, Callable[[int], int]]] = []
        self._hooks: list[int] = []
        self._maps = Maps(cgroup)
        self._ring = Ring(self._maps.ring, RING_SIZE)
        self._decoder = Decoder(layout, nested=level > 0)
        self.writer = Writer(self._maps, own, layout, level)

    def add(self, program: int, hook: Callable[[int], int]) -> None:
        """Take a program over, and what hooks it in and returns a descriptor."""
        self._programs.append((program, hook))

    def fileno(self) -> int:
        """Return what can be read when there is something to read."""
        return self._maps.ring

    def read(self) -> list[Seen]:
        """Return what was seen since the last time."""
        decoded = (self._decoder.decode(record) for record in self._ring.read())
        return [seen for seen in decoded if seen is not None]

    def ignore(self, cgroup: int) -> None:
        """Tell no more of what a group does."""
        self._decoder.ignored = cgroup

    def lost(self) -> int:
        """Return how many calls were not recorded, for nobody had read the ones before."""
        return self._maps.count_lost()

    def resume(self) -> None:
        """Put the hooks in. OSError, and then none is in."""
        try:
            for program, hook in self._programs:
                self._hooks.append(hook(program))
        except OSError:
            self.pause()
            raise

    def pause(self) -> None:
        """Take the hooks out."""
        while self._hooks:
            os.close(self._hooks.pop())

    def close(self) -> None:
        """Leave nothing in the kernel."""
        self.pause()
        for program, _ in self._programs:
            os.close(program)
        self._ring.close()
        self._maps.close()
