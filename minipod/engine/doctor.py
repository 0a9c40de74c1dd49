"""What `minipod doctor` tells of the watcher; its cost is measured once for a boot and mechanism.

What it tells of the machine needs no server: minipod/doctor.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

import msgspec

from minipod.errors import MinipodError
from minipod.kernel.boot import boot_id
from minipod.model.doctor import Cost, Report, WatcherReport
from minipod.watcher.protocol import Mechanism

if TYPE_CHECKING:
    from minipod.engine.cluster import Cluster
    from minipod.engine.hands import Hands
    from minipod.engine.watch import Watch
    from minipod.watcher.remote import WatcherConnection

_log = logging.getLogger(__name__)
_COSTS = "costs"
_WATCHER_WITHIN = 30.0
"""Seconds that a watcher gets to try what the machine allows: 4 of them in an emulated machine."""

_MISSING = {
    Mechanism.FEXIT: (),
    Mechanism.TRACEPOINT: ("binds by io_uring, and by 32-bit programs",),
    Mechanism.TRACEFS: (
        "the address, the port and the command line of a refused bind",
        "whether it was for a port, or for the path of a Unix socket",
        "refused processes that are gone at once, unless a container's first",
        "binds that succeed: since when a port is held",
    ),
    Mechanism.NONE: (
        "refused binds, as they happen",
        "conflicts on ports that are not declared; others are found when the loser exits",
    ),
}
_WITHOUT_FIELDS = (
    "the command line and the socket of a refused bind",
    "the address of a refused listen",
)


class Doctor:
    """Looks at the watcher, and has its cost measured."""

    def __init__(self, hands: Hands, watch: Watch, cluster: Cluster) -> None:
        self._hands = hands
        self._cluster = cluster
        self._watch = watch
        self._measuring = asyncio.Lock()

    async def report(self, *, measure: bool) -> Report:
        """Return the report; `measure` even if the cost is known. HostError, Unavailable.

        The watcher sees nothing for half of the seconds that measuring takes.
        """
        self._watch.want()
        await self._watch.ready(_WATCHER_WITHIN)
        block = self._cluster.block
        network = None if block is None else str(block)
        connection = self._watch.connection
        if connection is None:
            return Report(_without(self._watch.trouble), network)
        async with self._measuring:
            cost = await self._cost(connection, measure=measure)
        return Report(_seen(connection, cost), network)

    async def _cost(self, connection: WatcherConnection, *, measure: bool) -> Cost | None:
        mechanism = connection.greeting.mechanism
        if mechanism is Mechanism.NONE:
            return None
        boot = boot_id()
        known = self._hands.store.record(_COSTS, mechanism)
        if known is not None and known["boot"] == boot and not measure:
            return msgspec.convert(known["cost"], Cost)
        try:
            cost = await self._measured(connection)
        except MinipodError as error:
            if measure:
                raise
            _log.warning("%s", error)
            return None
        record = {"boot": boot, "cost": msgspec.to_builtins(cost)}
        self._hands.store.put_record(_COSTS, mechanism, record)
        return cost

    async def _measured(self, connection: WatcherConnection) -> Cost:
        group = self._hands.cgroups.open_root()
        try:
            return await self._hands.watcher.measure(connection, group)
        finally:
            os.close(group)


def _without(trouble: str | None) -> WatcherReport:
    return WatcherReport(
        Mechanism.NONE,
        None,
        {},
        _MISSING[Mechanism.NONE],
        trouble or "it is being started",
        0,
        None,
    )


def _seen(connection: WatcherConnection, cost: Cost | None) -> WatcherReport:
    greeting = connection.greeting
    missing = _MISSING[greeting.mechanism]
    if greeting.mechanism is Mechanism.TRACEPOINT and not greeting.kernel_fields:
        missing += _WITHOUT_FIELDS
    return WatcherReport(
        greeting.mechanism, greeting.pid, greeting.reasons, missing, None, connection.lost, cost
    )
