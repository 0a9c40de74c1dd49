"""One pod: look at how it is, decide, do the steps, publish the status; again when woken.

The deciding is `minipod.plan.lifecycle`, the doing `minipod.engine.execute`. A worker is the only
one that touches its pod's sandbox and status.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from minipod.engine.execute import Execute, Unschedulable
from minipod.engine.pod_state import JOURNALS
from minipod.errors import MinipodError
from minipod.model.pod import view
from minipod.model.times import parse_timestamp
from minipod.plan.lifecycle import Deletion, Forget, PodFacts, decide
from minipod.plan.narration import EventType, Note, narrate
from minipod.plan.process import process
from minipod.plan.status import TERMINAL_PHASES, Surroundings, status

if TYPE_CHECKING:
    from minipod.engine.cluster import Cluster
    from minipod.engine.events import Events
    from minipod.engine.hands import Hands
    from minipod.engine.housekeeping import Housekeeping
    from minipod.engine.images import Images
    from minipod.engine.pod_state import PodState
    from minipod.model.pod import JSON

_log = logging.getLogger(__name__)

_RETRY_FIRST = 1.0
_RETRY_LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Shop:
    """What all workers share. `births` bounds how many pods are worked on at once."""

    hands: Hands
    cluster: Cluster
    execute: Execute
    events: Events
    images: Images
    housekeeping: Housekeeping
    births: asyncio.Semaphore


class PodWorker:
    """The task of one pod."""

    def __init__(self, shop: Shop, state: PodState) -> None:
        self.state = state
        self.settled = asyncio.Event()
        self.gone = asyncio.Event()
        self._shop = shop
        self._woken = asyncio.Event()
        self._around = Surroundings()
        self._failures = 0
        state.on_change = self.wake

    def wake(self) -> None:
        """Have the worker look again: the object, the journal or the network changed."""
        self._woken.set()

    async def run(self) -> None:
        """Serve the pod until it is gone."""
        try:
            while not self.gone.is_set():
                self._woken.clear()
                await self._round()
        finally:
            self.gone.set()
            self.settled.set()

    async def _round(self) -> None:
        obj = self._object()
        self._read_journal(obj)
        facts = self._facts(obj)
        decision = decide(facts, self._now())
        if decision.steps:
            try:
                async with self._shop.births:
                    for step in decision.steps:
                        await self._shop.execute.perform(step, self.state, obj)
            except Unschedulable as error:
                await self._wait_for_place(error)
            except MinipodError as error:
                await self._wait_after(error)
            else:
                if isinstance(decision.steps[-1], Forget):
                    self.gone.set()
                return
            return
        self._failures = 0
        self._around = replace(self._around, unschedulable=None, trouble=None)
        phase = self._publish()
        if phase in TERMINAL_PHASES and not facts.finished:
            return  # the next round gives back what a finished pod needs no more
        self.settled.set()
        await self._sleep(decision.wake_at)

    async def _wait_for_place(self, error: Unschedulable) -> None:
        self._around = replace(self._around, unschedulable=error.message)
        await self._tell(Note(EventType.WARNING, "FailedScheduling", error.message), None)

    async def _wait_after(self, error: MinipodError) -> None:
        """Say what went wrong, and try again later: after 1, 2, 4 … 60 seconds."""
        _log.warning("pod %s/%s: %s", self.state.key.namespace, self.state.key.name, error)
        self._around = replace(self._around, trouble=error.message)
        delay = min(_RETRY_FIRST * 2.0 ** min(self._failures, 10), _RETRY_LONGEST)
        self._failures += 1
        note = Note(EventType.WARNING, "FailedCreatePodSandBox", error.message)
        await self._tell(note, self._now() + delay)

    async def _tell(self, note: Note, wake_at: float | None) -> None:
        self._shop.events.record(self._object(), note)
        self._publish()
        self.settled.set()
        await self._sleep(wake_at)

    def _read_journal(self, obj: JSON) -> None:
        """Take in what is new, and tell of it, once: whichever server does."""
        records = self.state.read_journal()
        if not records:
            return
        store = self._shop.hands.store
        with store.transaction():
            for record in records:
                note = narrate(record)
                if note is not None:
                    self._shop.events.record(obj, note)
            store.put_record(JOURNALS, self.state.uid, self.state.journal_offset)
        for record in records:
            self._shop.housekeeping.after(self.state, record)

    def _facts(self, obj: JSON) -> PodFacts:
        pod = view(obj)
        images = self._shop.images.list()
        deletion = None
        if pod.metadata.deletion_timestamp:
            rounded = parse_timestamp(pod.metadata.deletion_timestamp)
            deletion = Deletion(self.state.deadline or rounded)
        return self.state.facts(
            pod,
            {
                container.name: process(container, pod.hostname, images)
                for container in pod.spec.containers
            },
            has_address=self._shop.cluster.address(self.state.uid) is not None,
            finished=obj["status"].get("phase") in TERMINAL_PHASES,
            deletion=deletion,
        )

    def _publish(self) -> str:
        """Store the status as things are now; return the phase."""
        obj = self._object()
        node = self._shop.cluster.node
        address = self._shop.cluster.address(self.state.uid)
        around = replace(
            self._around,
            address=address,
            host_address=node.address if node and address else None,
        )
        new = status(obj["status"], self._facts(obj), around, self._now())
        obj["status"] = new
        if address is not None and node is not None:
            obj["spec"].setdefault("nodeName", node.name)
        self._shop.hands.store.update(obj)
        return str(new["phase"])

    def _object(self) -> JSON:
        obj = self._shop.hands.store.get(self.state.key)
        assert obj is not None, "only the worker removes the object"
        return obj

    def _now(self) -> float:
        return self._shop.hands.clock()

    async def _sleep(self, until: float | None) -> None:
        timeout = None if until is None else max(0.0, until - self._now())
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return
