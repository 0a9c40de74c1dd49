"""The maps that the programs in the kernel share with the watcher."""

from __future__ import annotations

import os
import struct

from minipod.syscalls import bpf

RING_SIZE = 1 << 20
"""Bytes: room for 2,000 records that nobody has read yet."""

_CALLS_AT_ONCE = 4096
_FIRST = struct.pack("I", 0)
_COUNTER = struct.Struct("Q")
_TIME = struct.Struct("Q")


class Maps:
    """Descriptors. `cgroup` is the directory of the group that is watched, with all below it."""

    def __init__(self, cgroup: int) -> None:
        self._made: list[int] = []
        try:
            self.ring = self._make(bpf.RING_BUFFER, 0, 0, RING_SIZE, "ring")
            self.cgroup = self._make(bpf.CGROUP_ARRAY, 4, 4, 1, "cgroup")
            self.calls = self._make(bpf.LRU_HASH, 8, 16, _CALLS_AT_ONCE, "calls")
            self.woken = self._make(bpf.ARRAY, 4, _TIME.size, 1, "woken")
            self.lost = self._make(bpf.PER_CPU_ARRAY, 4, _COUNTER.size, 1, "lost")
            bpf.update(self.cgroup, _FIRST, struct.pack("I", cgroup))
        except BaseException:
            self.close()
            raise
        self._counters = bpf.possible_processors()

    def count_lost(self) -> int:
        """Return how many records found no room so far."""
        values = bpf.look_up(self.lost, _FIRST, _COUNTER.size * self._counters)
        return sum(count for (count,) in _COUNTER.iter_unpack(values))

    def close(self) -> None:
        """Give them back; programs that use them keep them alive."""
        for descriptor in self._made:
            os.close(descriptor)

    def _make(self, kind: int, key: int, value: int, entries: int, name: str) -> int:
        self._made.append(bpf.create_map(kind, key, value, entries, f"minipod_{name}"))
        return self._made[-1]
