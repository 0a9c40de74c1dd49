"""Port conflicts: what the watcher saw, explained with both sides named, kept and told.

One task explains, batch by batch: a pod's sockets are looked at once for all of its refusals that
wait. What was told, and up to where the watcher's memory was read, is stored in one transaction;
so the next server neither misses a conflict nor tells one twice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from minipod.engine.losers import Losers
from minipod.engine.watched import WatchedPod
from minipod.errors import MinipodError
from minipod.model import conflicts
from minipod.model.conflicts import Conflict
from minipod.model.pod import view
from minipod.model.times import parse_timestamp
from minipod.plan.narration import EventType, Note
from minipod.plan.objects import conflict_object
from minipod.plan.refusals import Refusal
from minipod.ports.explain import explain, suspect
from minipod.ports.space import PodPorts
from minipod.store.protocol import Key
from minipod.watcher.remote import Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from minipod.engine.events import Events
    from minipod.engine.hands import Hands
    from minipod.engine.pod_state import PodState
    from minipod.engine.ports import Ports
    from minipod.model.binds import BindCall

_log = logging.getLogger(__name__)

REASON = "PortConflict"
"""The reason of the events."""

KEPT = 2000
"""Conflicts of a pod that are kept: the newest."""

_TRY_AGAIN = 1.0
"""Seconds until conflicts that could not be stored are stored again."""

_HEARD_WITHIN = 0.1
"""Seconds in which a refusal is heard of, so that an end for it is no suspicion any more."""

_BUCKET, _POSITION = "watcher", "position"


class _Heard(NamedTuple):
    """A refusal that waits for its explanation."""

    life: str
    call: BindCall


class Conflicts:
    """The conflicts of all pods of a root."""

    def __init__(self, hands: Hands, events: Events, ports: Ports) -> None:
        self._hands = hands
        self._events = events
        self._ports = ports
        self._pods: dict[str, WatchedPod] = {}
        self._places: dict[int, tuple[WatchedPod, str]] = {}
        self._kept: dict[str, deque[str]] = {}
        self._heard: list[_Heard] = []
        self._explaining: asyncio.Task[None] | None = None
        self._suspecting: set[asyncio.Task[None]] = set()
        self._losers = Losers()

    # What the engine tells of pods

    def follow(self, state: PodState) -> None:
        """Hear of a pod from now on: its control groups were made, or found again."""
        pod = self._pods.get(state.uid) or self._pods.setdefault(state.uid, WatchedPod(state))
        self._unplace(pod)
        pod.regroup(self._hands.cgroups.names(state.uid))
        for id_, name in pod.groups.items():
            self._places[id_] = pod, name

    def forget(self, state: PodState) -> None:
        """Forget a pod that is gone, and drop what is kept of it."""
        pod = self._pods.pop(state.uid, None)
        if pod is not None:
            self._unplace(pod)
        with self._hands.store.transaction():
            for name in self._kept.pop(state.uid, ()):
                self._hands.store.delete(Key(conflicts.KIND, state.key.namespace, name))

    def recall(self, states: Iterable[PodState], *, rebooted: bool) -> None:
        """Take in what earlier servers have kept; drop what is of no pod any more.

        The pids of an earlier boot are other programs' by now: those are not watched.
        """
        by_uid = {state.uid: state for state in states}
        stored = self._hands.store.list(conflicts.KIND)
        for obj in sorted(stored, key=lambda each: str(each["time"])):
            meta = obj["metadata"]
            state = by_uid.get(meta["ownerReferences"][0]["uid"])
            if state is None:
                self._hands.store.delete(Key(conflicts.KIND, meta["namespace"], meta["name"]))
                continue
            pod = self._pods.get(state.uid) or self._pods.setdefault(state.uid, WatchedPod(state))
            refusal = _refusal(msgspec.convert(obj, Conflict))
            known = msgspec.structs.replace(refusal, pid=None) if rebooted else refusal
            pod.refused(known, self._losers)
            self._kept.setdefault(state.uid, deque()).append(meta["name"])

    def refusals(self, uid: str) -> tuple[Refusal, ...]:
        """Return the refusals that a pod's status may speak of, the newest last."""
        pod = self._pods.get(uid)
        return tuple(pod.refusals) if pod else ()

    def _unplace(self, pod: WatchedPod) -> None:
        for id_ in pod.groups:
            self._places.pop(id_, None)

    # What the watcher tells

    @property
    def position(self) -> Position | None:
        """The last refusal of the watcher's memory that is dealt with."""
        record = self._hands.store.record(_BUCKET, _POSITION)
        return None if record is None else Position(record["life"], record["seq"])

    def hear(self, life: str, calls: Sequence[BindCall]) -> None:
        """Take in what the watcher of this life saw."""
        for call in map(self._grouped, calls):
            if call.failed:
                self._heard.append(_Heard(life, call))
            elif (place := self._places.get(call.cgroup or 0)) is not None:
                place[0].took(place[1], call)
        if self._heard and self._explaining is None:
            self._explaining = asyncio.create_task(self._explain(), name="explain port conflicts")

    def _grouped(self, call: BindCall) -> BindCall:
        """Return a call with its control group, where the mechanism tells none.

        The journals tell it of a container's first process, alive or not; /proc of others, as
        long as they live. Of one that is of no container, or gone, nothing is told.
        """
        if call.cgroup is not None:
            return call
        firsts = (pod.group_of_first(call.pid, call.time) for pod in self._pods.values())
        group = next(filter(None, firsts), None) or self._hands.cgroups.id_of(call.pid)
        return msgspec.structs.replace(call, cgroup=group)

    def suspect(self, state: PodState, ended: Mapping[str, Any]) -> None:
        """Look for a conflict behind a container's end, a journal record, where none was seen."""
        pod = self._pods.get(state.uid)
        if pod is None or ended["code"] == 0 or ended["signal"]:
            return
        task = asyncio.create_task(self._suspect(pod, ended), name="suspect a port conflict")
        self._suspecting.add(task)
        task.add_done_callback(self._suspecting.discard)

    async def close(self) -> None:
        """Stop explaining: what waits comes again from the watcher's memory."""
        tasks = [*self._suspecting, *filter(None, [self._explaining])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._losers.close()

    async def _explain(self) -> None:
        try:
            while self._heard:
                batch, self._heard = self._heard, []
                try:
                    await self._explain_batch(batch)
                except MinipodError as error:  # a full disk, say
                    _log.warning("%s", error)
                    self._heard[:0] = batch
                    await asyncio.sleep(_TRY_AGAIN)
        finally:
            self._explaining = None

    async def _explain_batch(self, batch: list[_Heard]) -> None:
        spaces: dict[tuple[int | None, int | None], tuple[WatchedPod, PodPorts] | None] = {}
        for _, call in batch:
            if (call.cgroup, call.port) not in spaces:
                spaces[call.cgroup, call.port] = await self._look(call)
        with self._hands.store.transaction():
            for heard in batch:
                seen = spaces[heard.call.cgroup, heard.call.port]
                if seen is not None:
                    self._tell(seen[0], heard, seen[1])
            last = batch[-1]
            position = {"life": last.life, "seq": last.call.seq}
            self._hands.store.put_record(_BUCKET, _POSITION, position)

    async def _look(self, call: BindCall) -> tuple[WatchedPod, PodPorts] | None:
        """Return the pod of a call, and who holds the port there; None if it is of no pod now."""
        place = self._places.get(call.cgroup or 0)
        space = await self._space(place[0], call.port) if place else None
        return (place[0], space) if place and space else None

    async def _space(self, pod: WatchedPod, port: int | None = None) -> PodPorts | None:
        """Return a pod's port space as it is now; None if the pod is gone."""
        obj = self._hands.store.get(pod.state.key)
        if obj is None:
            return None
        try:
            return await self._ports.space(pod.state, view(obj), port)
        except MinipodError:
            # Its sandbox has just ended, and let go of all sockets.
            return PodPorts(view(obj), groups=pod.groups)

    async def _suspect(self, pod: WatchedPod, ended: Mapping[str, Any]) -> None:
        space = await self._space(pod)
        await asyncio.sleep(_HEARD_WITHIN)
        if space is None or pod.was_refused(ended["name"], ended["started"]):
            return
        conflict = suspect(ended["name"], ended["code"], space, ended["time"])
        if conflict is not None:
            name = f"{pod.state.key.name}.{secrets.token_hex(8)}"
            with self._hands.store.transaction():
                self._keep(pod, name, conflict, times=1)

    def _tell(self, pod: WatchedPod, heard: _Heard, space: PodPorts) -> None:
        """Keep one conflict and tell of it, or count it up if it was told before."""
        state, call = pod.state, heard.call
        name = f"{state.key.name}.{heard.life}-{call.seq:08x}"
        known = self._hands.store.get(Key(conflicts.KIND, state.key.namespace, name))
        conflict = explain(call, space, tuple(pod.taken.values()), None)
        if known is not None:
            conflict = msgspec.structs.replace(
                msgspec.convert(known, Conflict), time=conflict.time, count=call.count
            )
        self._keep(pod, name, conflict, times=call.count - (known["count"] if known else 0))

    def _keep(self, pod: WatchedPod, name: str, conflict: Conflict, times: int) -> None:
        state, store = pod.state, self._hands.store
        obj = store.get(state.key)
        if obj is None or times <= 0:
            return
        new = conflict_object(conflict, name, state.uid)
        key = Key(conflicts.KIND, state.key.namespace, name)
        kept = self._kept.setdefault(state.uid, deque())
        if store.get(key) is None:
            store.create(new)
            kept.append(name)
        else:
            store.update(new)
        if len(kept) > KEPT:
            store.delete(Key(conflicts.KIND, state.key.namespace, kept.popleft()))
        self._events.record(obj, _note(conflict), times)
        pod.refused(_refusal(conflict), self._losers)


def _note(conflict: Conflict) -> Note:
    """Return what the event says: of a container in a crash loop it is one, though pids change."""
    holder = conflict.holder.container if conflict.holder else None
    topic = f"{conflict.protocol} {conflict.port} {conflict.rule} {holder}"
    loser = conflict.wanted.container
    return Note(EventType.WARNING, REASON, conflict.explanation, loser, topic)


def _refusal(conflict: Conflict) -> Refusal:
    wanted = conflict.wanted
    return Refusal(
        wanted.container or "",
        wanted.pid,
        conflict.protocol,
        conflict.port,
        parse_timestamp(conflict.time),
        conflict.explanation,
    )
