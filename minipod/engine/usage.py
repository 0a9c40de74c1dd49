"""What containers and the machine use now: two looks, of which the first may be an earlier one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from minipod.model.usage import Place, Sample, Usage
from minipod.plan.usage import LONGEST, SHORTEST, cores, fit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection


class Meter(Protocol):
    """Reads the kernel: minipod.kernel.usage. May take a while, so it is asked in a thread."""

    def cpu_time(self, place: Place) -> float:
        """Return the seconds of processor time used so far."""

    def memory(self, place: Place) -> int:
        """Return the bytes in memory."""


class Gauge:
    """Answers what places use, as the mean since the look before; without one, it looks twice."""

    def __init__(
        self,
        meter: Meter,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._sleep = sleep
        self._samples: dict[Place, Sample] = {}

    async def usage(self, places: Collection[Place]) -> dict[Place, Usage]:
        """Return what each place uses; the first time this takes SHORTEST seconds."""
        before = fit(self._samples, self._clock())
        missing = [place for place in places if place not in before]
        if missing:
            before |= await asyncio.to_thread(self._look, missing)
            await self._sleep(SHORTEST)
        after = await asyncio.to_thread(self._look, places)
        memory = await asyncio.to_thread(self._memory, places)
        self._keep(after)
        return {
            place: Usage(cores(before[place], sample), memory[place], sample.at - before[place].at)
            for place, sample in after.items()
        }

    def _look(self, places: Collection[Place]) -> dict[Place, Sample]:
        return {place: Sample(self._clock(), self._meter.cpu_time(place)) for place in places}

    def _memory(self, places: Collection[Place]) -> dict[Place, int]:
        return {place: self._meter.memory(place) for place in places}

    def _keep(self, samples: dict[Place, Sample]) -> None:
        """Remember these for the next time, and forget what is too old to be of use."""
        oldest = self._clock() - LONGEST
        recent = {place: s for place, s in self._samples.items() if s.at >= oldest}
        self._samples = recent | samples
