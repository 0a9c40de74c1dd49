"""What a watcher's mechanism costs: the same load with its hooks in the kernel and without."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import HostError
from minipod.model.doctor import Cost
from minipod.watcher import load
from minipod.watcher.protocol import WATCHER_GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.watcher.remote import WatcherConnection

LOAD = (sys.executable, "-I", "-S", load.__file__)
COUNT = 5_000
ROUNDS = 5
DEADLINE = 30.0
"""Seconds for one turn, which takes a fraction of one: the watcher sees nothing meanwhile."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class _Sample(NamedTuple):
    """Nanoseconds of one of each."""

    bind: float
    other: float


async def measure(
    connection: WatcherConnection,
    group: int,
    *,
    argv: Sequence[str] = LOAD,
    count: int = COUNT,
    rounds: int = ROUNDS,
) -> Cost:
    """Measure, in turns; `group` is a descriptor of the root's group. HostError, Unavailable.

    The watcher sees nothing for half of the time. `count` is that of one turn; of all turns the
    fastest counts.
    """
    own = os.open(WATCHER_GROUP, _DIRECTORY, dir_fd=group)
    hooked, free = [], []
    try:
        for _ in range(rounds):
            await connection.pause()
            try:
                free.append(await _sample(argv, count, own))
            finally:
                await connection.resume()
            hooked.append(await _sample(argv, count, own))
    finally:
        os.close(own)
    return _compared(hooked, free)


def _compared(hooked: Sequence[_Sample], free: Sequence[_Sample]) -> Cost:
    bind, other = (min(values) for values in zip(*hooked, strict=True))
    free_bind, free_other = (min(values) for values in zip(*free, strict=True))
    return Cost(bind, bind / free_bind, other, other / free_other)


async def _sample(argv: Sequence[str], count: int, group: int) -> _Sample:
    process = await asyncio.create_subprocess_exec(
        *argv,
        *(str(count), str(group)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=(group,),
    )
    try:
        async with asyncio.timeout(DEADLINE):
            output, _ = await process.communicate()
    except TimeoutError:
        raise HostError(f"cannot measure: the load does not end within {DEADLINE:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise HostError(f"cannot measure: the load ended with {process.returncode}")
    bind, other = map(int, output.split())
    return _Sample(bind / load.BATCH, other / load.BATCH)
