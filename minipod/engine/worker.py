"""One pod: look at how it is, decide, do the steps, publish the status; again when woken.

The deciding is `minipod.plan.lifecycle`, the doing `minipod.engine.execute`. A worker is the only
one that touches its pod's sandbox and status.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from minipod.engine.execute import Execute, Unschedulable
from minipod.engine.pod_state import JOURNALS
from minipod.engine.trace import works_for
from minipod.errors import HostError, MinipodError
from minipod.model.pod import view
from minipod.model.times import parse_timestamp
from minipod.plan import byhand
from minipod.plan.lifecycle import Deletion, Forget, PodFacts, StartContainer, Step, decide
from minipod.plan.narration import EventType, Note, narrate, narrate_status
from minipod.plan.process import process
from minipod.plan.refusals import settles_at
from minipod.plan.status import (
    DEADLINE_EXCEEDED,
    PAST_DEADLINE,
    TERMINAL_PHASES,
    Surroundings,
    status,
)
from minipod.sandbox.protocol import RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipod.engine.causes import Causes
    from minipod.engine.cluster import Cluster
    from minipod.engine.conflicts import Conflicts
    from minipod.engine.events import Events
    from minipod.engine.hands import Hands
    from minipod.engine.housekeeping import Housekeeping
    from minipod.engine.images import Images
    from minipod.engine.pod_state import PodState
    from minipod.engine.watch import Watch
    from minipod.model.pod import JSON

_log = logging.getLogger(__name__)

_AT_ONCE = 0.0
_RETRY_FIRST = 1.0
_RETRY_LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Shop:
    """What all workers share. `births` bounds how many pods are worked on at once."""

    hands: Hands
    cluster: Cluster
    execute: Execute
    events: Events
    conflicts: Conflicts
    watch: Watch
    images: Images
    housekeeping: Housekeeping
    causes: Causes
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
        self._doing: Step | None = None
        self._unstarted: frozenset[tuple[str, int]] = frozenset()
        self._failures = 0
        state.on_change = self.wake

    @property
    def waits_for_place(self) -> bool:
        """Whether there was no place for the pod when it was last looked for."""
        return self._around.unschedulable is not None

    def wake(self) -> None:
        """Have the worker look again: the object, the journal or the network changed."""
        self._woken.set()

    async def run(self) -> None:
        """Serve the pod until it is gone."""
        works_for(self.state.key)
        try:
            while not self.gone.is_set():
                self._woken.clear()
                try:
                    wake_at = await self._round()
                except Unschedulable as error:
                    wake_at = self._wait_for_place(error)
                except MinipodError as error:
                    wake_at = await self._wait_after(error)
                await self._sleep(wake_at)
        finally:
            self.gone.set()
            self.settled.set()

    async def _round(self) -> float | None:
        """Do what is to be done now; return when to look again (None: when woken)."""
        self._doing = None
        obj = self._object()
        self._read_journal(obj)
        await self._look_at_failed_starts()
        facts = self._facts(obj)
        decision = decide(facts, self._now())
        if decision.steps:
            if isinstance(decision.steps[-1], Forget):
                self._publish()  # whoever watches learns how the containers ended
            if any(isinstance(step, StartContainer) for step in decision.steps):
                await self._shop.watch.ready()
            async with self._shop.births:
                for self._doing in decision.steps:
                    await self._shop.execute.perform(self._doing, self.state, obj)
            if isinstance(decision.steps[-1], Forget):
                await self._leave()
            return _AT_ONCE
        self._failures = 0
        hints = self._around.hints if self._unstarted else ()
        self._around = replace(self._around, unschedulable=None, trouble=None, hints=hints)
        if self._publish() in TERMINAL_PHASES and not facts.finished:
            self._tell_deadline()
            return _AT_ONCE  # to give back what a finished pod needs no more
        self.settled.set()
        return self._look_again(decision.wake_at)

    async def _leave(self) -> None:
        """Remove the folder, for which no user waits: if this server dies, the next one sweeps."""
        trace = self._shop.hands.trace
        if trace.on:  # before it is done, for then nobody may listen any more
            trace.tell(byhand.folder_removed(self.state.folder))
        await asyncio.shield(self._shop.housekeeping.remove(self.state.folder))
        self.gone.set()

    def _tell_deadline(self) -> None:
        """Say so if it was its deadline that ended the pod."""
        obj = self._object()
        if obj["status"].get("reason") == DEADLINE_EXCEEDED:
            note = Note(EventType.NORMAL, DEADLINE_EXCEEDED, PAST_DEADLINE)
            self._shop.events.record(obj, note)

    def _look_again(self, wake_at: float | None) -> float | None:
        """Return when to look again: for a decision, or for a condition that changes by itself."""
        refusals = self._shop.conflicts.refusals(self.state.uid)
        settled = settles_at(refusals, self.state.history, self._now())
        return min((time for time in (wake_at, settled) if time is not None), default=None)

    def _wait_for_place(self, error: Unschedulable) -> float | None:
        """Say why there is no place, once; whoever frees one wakes us, else we look again."""
        if error.message != self._around.unschedulable:
            self._around = replace(self._around, unschedulable=error.message)
            self._tell(Note(EventType.WARNING, "FailedScheduling", error.message))
        self.settled.set()
        return None if error.retry_after is None else self._now() + error.retry_after

    async def _look_at_failed_starts(self) -> None:
        """Find out, once for each, why attempts failed before their programs ran."""
        unstarted = frozenset(
            (name, container.current.number)
            for name, container in self.state.history.containers.items()
            if container.current.failure and container.current.failure.step != RUN
        )
        if unstarted - self._unstarted:
            hints = await self._shop.causes.of(StartContainer)
            self._around = replace(self._around, hints=hints)
        self._unstarted = unstarted

    async def _wait_after(self, error: MinipodError) -> float:
        """Say what went wrong; return when to try again: after 1, 2, 4 … 60 seconds."""
        _log.warning("%s", error, extra={"pod": self.state.key.path})
        hints = await self._shop.causes.of(type(self._doing)) if self._doing else ()
        self._around = replace(self._around, trouble=error.message, hints=hints)
        self._tell(Note(EventType.WARNING, "FailedCreatePodSandBox", error.message))
        delay = min(_RETRY_FIRST * 2.0 ** min(self._failures, 10), _RETRY_LONGEST)
        self._failures += 1
        return self._now() + delay

    def _tell(self, note: Note) -> None:
        try:
            self._shop.events.record(self._object(), note)
            self._publish()
        except HostError as error:  # a full disk, say: then the log has to do
            _log.warning("%s", error)
        self.settled.set()

    def _read_journal(self, obj: JSON) -> None:
        """Take in what is new, and tell of it, once: whichever server does."""
        # The sandbox's own birth is nothing to tell: no record, no write.
        records = [each for each in self.state.read_journal() if each["event"] != "sandbox"]
        if not records:
            return
        store = self._shop.hands.store
        with store.transaction():
            for record in records:
                note = narrate(record)
                if note is not None:
                    self._shop.events.record(obj, note)
            store.put_record(JOURNALS, self.state.uid, self.state.journal_offset)
        going = "deletionTimestamp" in obj["metadata"]
        for record in records:
            if not going:  # else the folder goes whole, and soon
                self._shop.housekeeping.after(self.state, record)
            if record["event"] == "exited":
                self._ended(record)

    def _ended(self, record: Mapping[str, Any]) -> None:
        """Follow up a container's end."""
        if not self._shop.watch.sees:
            self._shop.conflicts.suspect(self.state, record)
        trace = self._shop.hands.trace
        if trace.on:
            ran = record["time"] - record["started"]
            deeds = byhand.container_ended(record["name"], record["code"], record["signal"], ran)
            trace.tell(deeds)

    def _facts(self, obj: JSON) -> PodFacts:
        pod = view(obj)
        images = self._shop.images.list()
        deletion, since = None, obj["status"].get("startTime")
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
            since=parse_timestamp(since) if since else None,
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
            refusals=self._shop.conflicts.refusals(self.state.uid),
        )
        old, new = obj["status"], status(obj["status"], self._facts(obj), around, self._now())
        obj["status"] = new
        if address is not None and node is not None:
            obj["spec"].setdefault("nodeName", node.name)
        store = self._shop.hands.store
        with store.transaction():
            store.update(obj)
            for note in narrate_status(old, new):
                self._shop.events.record(obj, note)
        return str(new["phase"])

    def _object(self) -> JSON:
        obj = self._shop.hands.store.get(self.state.key)
        assert obj is not None, "only the worker removes the object"
        return obj

    def _now(self) -> float:
        return self._shop.hands.clock()

    async def _sleep(self, until: float | None) -> None:
        if until == _AT_ONCE:
            return
        timeout = None if until is None else max(0.0, until - self._now())
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return
