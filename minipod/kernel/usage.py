"""What containers and the machine use, asked from the kernel.

Sources: the kernel's Documentation/admin-guide/cgroup-v2.rst (cpu.stat is there without any
controller, and keeps the time of processes that have ended) and proc_pid_smaps(5).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from minipod.model.usage import MACHINE

if TYPE_CHECKING:
    from minipod.kernel.cgroups import CgroupTree
    from minipod.model.usage import Place

_KIB = 1024


def size() -> tuple[int, int]:
    """Return how many processors and how many bytes of memory the machine has."""
    return psutil.cpu_count() or 1, int(psutil.virtual_memory().total)


class Meter:
    """Reads what places use; a place that is gone uses nothing."""

    def __init__(self, groups: CgroupTree) -> None:
        self._groups = groups

    def cpu_time(self, place: Place) -> float:
        """Return the seconds of processor time that a place has used so far."""
        if place == MACHINE:
            times = psutil.cpu_times()
            return float(times.user + times.nice + times.system + times.irq + times.softirq)
        stat = dict(line.split() for line in self._read(place, "cpu.stat").splitlines())
        return int(stat.get("usage_usec", 0)) / 1e6

    def memory(self, place: Place) -> int:
        """Return the bytes that a place has in memory.

        Where the memory controller is on: what it counts, less cached files that could go at once,
        as the kubelet has it. Elsewhere, and minipod turns none on, the sum over the processes:
        what is theirs alone, and of what they share with others their part.
        """
        if place == MACHINE:
            memory = psutil.virtual_memory()
            return int(memory.total - memory.available)
        current = self._read(place, "memory.current")
        if current:
            stat = dict(line.split() for line in self._read(place, "memory.stat").splitlines())
            return max(int(current) - int(stat.get("inactive_file", 0)), 0)
        return sum(map(_memory_of, self._groups.pids(*place)))

    def _read(self, place: Place, file: str) -> str:
        return self._groups.read(place.uid, place.container, file)


def _memory_of(pid: int) -> int:
    """Return a process's share of memory (PSS), or all that is resident if the kernel has none."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * _KIB
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
