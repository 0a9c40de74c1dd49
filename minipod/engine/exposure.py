"""What users ask about host ports: more of them for a pod that runs, fewer, and who has which."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from minipod.engine.host_ports import PortsTaken
from minipod.errors import Conflict, HostError
from minipod.model.host_ports import Taken
from minipod.model.pod import view
from minipod.plan.exposing import with_ports, without_ports
from minipod.store.protocol import not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minipod.engine.host_ports import HostPorts
    from minipod.engine.worker import PodWorker
    from minipod.model.host_ports import Claim, HostPort
    from minipod.model.pod import JSON
    from minipod.store.protocol import Store

_PATIENCE = 10.0
"""Seconds in which a pod's worker opens or closes a port; then it goes on without us."""


class PortUse(NamedTuple):
    """Who has the ports that were asked about, and the numbers of all that are in use."""

    taken: dict[Claim, Taken]
    numbers: frozenset[int]


class Exposure:
    """Answers those questions; a pod's own worker does what is to be done."""

    def __init__(
        self, store: Store, host_ports: HostPorts, worker: Callable[[str, str], PodWorker]
    ) -> None:
        self._store = store
        self._host_ports = host_ports
        self._worker = worker

    async def add(self, namespace: str, name: str, ports: Sequence[HostPort]) -> tuple[str, ...]:
        """Have host ports lead to a pod besides its own; return why some do not yet.

        NotFound; Conflict if somebody has one, or the pod is at its end; HostError if one cannot be
        opened, and then none of them is added.
        """
        worker = self._worker(namespace, name)
        before = worker.state.port_troubles
        exposed = with_ports(self._object(worker), ports)
        await self._reserve(worker, exposed)
        told = await self._change(worker, exposed)
        new = [trouble for trouble in worker.state.port_troubles if trouble not in before]
        if new:
            await self.remove(namespace, name, ports)
            raise HostError(f"cannot expose pod {namespace}/{name}: {new[0]}")
        return told

    async def remove(self, namespace: str, name: str, ports: Sequence[HostPort]) -> tuple[str, ...]:
        """Close host ports that were added; return what is wrong with those that stay.

        NotFound; Conflict for a port of the manifest.
        """
        worker = self._worker(namespace, name)
        return await self._change(worker, without_ports(self._object(worker), ports))

    async def take(self, obj: JSON) -> tuple[str, ...]:
        """Store a pod whose annotation was changed by hand; return why ports do not open yet.

        NotFound; Conflict if somebody has one, or the pod was changed meanwhile.
        """
        worker = self._worker(obj["metadata"]["namespace"], obj["metadata"]["name"])
        await self._reserve(worker, obj)
        try:
            return await self._change(worker, obj)
        except Conflict:
            await self._reserve(worker, self._object(worker))
            raise

    async def use(self, wanted: Sequence[Claim]) -> PortUse:
        """Return who has what others want; what a pod has already is not in its own way."""
        taken: dict[Claim, Taken] = {}
        free: list[Claim] = []
        for claim in wanted:
            known = [each for each in self._host_ports.claims([claim.port]) if _meet(each, claim)]
            others = [each for each in known if each.owner != claim.owner]
            if others:
                taken[claim] = Taken(claim.port, others[0])
            elif not known:
                free.append(claim)
        programs = await self._host_ports.programs([claim.port for claim in free])
        by_port = {each.port: each for each in programs}
        taken |= {claim: by_port[claim.port] for claim in free if claim.port in by_port}
        return PortUse(taken, self._host_ports.numbers())

    async def _reserve(self, worker: PodWorker, obj: JSON) -> None:
        """Claim what a pod is to have. Conflict if somebody has one of them."""
        try:
            await self._host_ports.extend(worker.state.uid, view(obj))
        except PortsTaken as error:
            free = self._host_ports.free_near(error.taken[0].port.host_port)
            key = worker.state.key
            raise Conflict(
                f"cannot expose pod {key.namespace}/{key.name}: {error}",
                hint=f"port {free} is free",
            ) from error

    async def _change(self, worker: PodWorker, obj: JSON) -> tuple[str, ...]:
        self._store.update(obj)
        worker.settled.clear()
        worker.state.retry_ports_at = None
        worker.wake()
        try:
            async with asyncio.timeout(_PATIENCE):
                await worker.settled.wait()
        except TimeoutError:
            pass
        if worker.waits_for_place:
            return ("the pod has no place yet: its host ports open when it gets one",)
        return worker.state.port_troubles

    def _object(self, worker: PodWorker) -> JSON:
        obj = self._store.get(worker.state.key)
        if obj is None:
            raise not_found(worker.state.key)
        return obj


def _meet(one: Claim, other: Claim) -> bool:
    return one.port.overlaps(other.port)
