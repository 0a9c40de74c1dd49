"""The engine: what the API may ask. It keeps the objects and one worker for each pod."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from minipod import __version__
from minipod.engine.causes import Causes
from minipod.engine.cluster import Cluster
from minipod.engine.conflicts import Conflicts
from minipod.engine.doctor import Doctor
from minipod.engine.events import Events
from minipod.engine.execute import Execute
from minipod.engine.exposure import Exposure
from minipod.engine.host_ports import HostPorts
from minipod.engine.housekeeping import Housekeeping
from minipod.engine.images import Images
from minipod.engine.namespaces import DEFAULT, Namespaces
from minipod.engine.node import Node
from minipod.engine.outcome import Outcome
from minipod.engine.pod_state import PodState
from minipod.engine.ports import Ports
from minipod.engine.recover import recover
from minipod.engine.sandboxes import Sandboxes
from minipod.engine.trace import works_for
from minipod.engine.usage import Gauge
from minipod.engine.watch import Watch
from minipod.engine.worker import PodWorker, Shop
from minipod.errors import Conflict, HostError, MinipodError, NotFound
from minipod.kernel import processes
from minipod.kernel.usage import Meter
from minipod.model import conflicts
from minipod.model.host_ports import host_ports
from minipod.model.pod import JSON, view
from minipod.model.times import parse_timestamp, timestamp
from minipod.plan.qos import qos_class
from minipod.store.protocol import Key, not_found

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from minipod.engine.hands import Hands
    from minipod.model.sockets import PortRow
    from minipod.store.protocol import Store

_log = logging.getLogger(__name__)

BIRTHS_AT_ONCE = 4
"""Pods worked on at once: one at a time 7 ms a pod, four 4.2, and no faster with more."""


class ServerInfo(msgspec.Struct, frozen=True):
    """Who answers: `minipod server status -o json`."""

    pid: int
    socket: str
    root: str
    version: str


class Engine:
    """The engine of one root; made, then started, then stopped, on one event loop."""

    def __init__(self, hands: Hands, cluster_cidr: IPv4Network | None = None) -> None:
        self.store: Store = hands.store
        self.stopping = asyncio.Event()
        self.trace = hands.trace
        self.images = Images(hands.store, self._wake_all)
        self.info = ServerInfo(os.getpid(), hands.root.socket, hands.root.path, __version__)
        self._hands = hands
        self._sandboxes = Sandboxes(hands)
        self._cluster = Cluster(hands, self._sandboxes, cluster_cidr, self._network_lost)
        self._events = Events(hands.store, hands.clock, hands.node_name)
        self._node = Node(hands, self._cluster, self._events)
        self._host_ports = HostPorts(hands, self._cluster, self._place_freed)
        self.namespaces = Namespaces(hands.store, hands.clock, self._end_pods)
        self.exposure = Exposure(hands.store, self._host_ports, self._worker)
        self._ports = Ports(hands)
        self._conflicts = Conflicts(hands, self._events, self._ports)
        self.watch = Watch(hands, self._conflicts)
        self.doctor = Doctor(hands, self.watch, self._cluster)
        self.gauge = Gauge(Meter(hands.cgroups))
        self._shop = Shop(
            hands,
            self._cluster,
            Execute(
                hands,
                self._cluster,
                self._sandboxes,
                self._host_ports,
                self._events,
                self._conflicts,
            ),
            self._events,
            self._conflicts,
            self.watch,
            self.images,
            Housekeeping(),
            Causes(hands),
            asyncio.Semaphore(BIRTHS_AT_ONCE),
        )
        self._workers: dict[Key, PodWorker] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take back what earlier servers left: pods that run on, and what is to be cleared away."""
        self._ensure_objects()
        rebooted = self._node.rebooted
        if rebooted:
            await self._cluster.look_again()
        states = await recover(
            self._hands, self._cluster, self._sandboxes, self._host_ports, rebooted=rebooted
        )
        self._conflicts.recall(states, rebooted=rebooted)
        self._node.refresh()  # not before: a server that dies here leaves the rest to the next
        if states:
            self.watch.want()
        for state in states:
            if state.sandbox is not None:
                self._conflicts.follow(state)
            self._serve(PodWorker(self._shop, state))
        self.namespaces.resume()
        if states:
            # What an earlier server left half built, or lost with it, no pod's worker would miss.
            self._keep(asyncio.create_task(self._rebuild(), name="complete the network"))

    async def stop(self) -> None:
        """Ask the server to end; pods run on."""
        self.stopping.set()

    async def close(self) -> None:
        """End the workers and let go of the sandboxes; pods run on."""
        workers = list(self._workers.values())  # one that ends is a worker no more
        await self.namespaces.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.stopping.is_set() and not self.store.list("Pod"):
            await self.watch.quit()
        else:
            await self.watch.close()
        await self._conflicts.close()
        await self._shop.housekeeping.close()
        for worker in workers:
            if worker.state.sandbox is not None:
                worker.state.sandbox.close()
        self._host_ports.shut()
        self._cluster.close()

    async def create_pod(self, obj: JSON) -> Outcome:
        """Store a new pod, decoded, defaulted and valid, and begin its life.

        AlreadyExists; Forbidden in a namespace that is about to go.
        """
        meta = obj["metadata"]
        key = Key("Pod", meta["namespace"], meta["name"])
        self.namespaces.check_open(key.namespace, key.name)
        self.trace.concerns(key)
        now = timestamp(self._hands.clock())
        new = obj | {
            "metadata": meta | {"uid": str(uuid.uuid4()), "creationTimestamp": now},
            "status": {"phase": "Pending", "qosClass": qos_class(obj)},
        }
        with self.store.transaction():
            self.namespaces.ensure(key.namespace)
            stored = self.store.create(new)
        self.watch.want()
        self._serve(PodWorker(self._shop, self._new_state(key, stored)))
        warnings: tuple[str, ...] = ()
        try:
            warnings = await self._cluster.ensure()
            self._node.tell_place()
        except HostError as error:
            _log.warning("%s", error)  # the worker meets it again, and tells it in the status
        return Outcome(stored, warnings)

    async def settled(self, namespace: str, name: str, within: float = 10.0) -> JSON:
        """Return a pod when its first start is over, well or not; at the latest `within` seconds.

        NotFound.
        """
        worker = self._worker(namespace, name)
        try:
            async with asyncio.timeout(within):
                await worker.settled.wait()
        except TimeoutError:
            pass
        return self._get(worker.state.key)

    async def update_pod(self, obj: JSON) -> Outcome:
        """Store a pod that is wanted otherwise, and have it so. NotFound.

        Conflict if it was changed meanwhile, or somebody has a host port that it wants now.
        """
        meta = obj["metadata"]
        worker = self._worker(meta["namespace"], meta["name"])
        if host_ports(view(obj)) != host_ports(view(self._get(worker.state.key))):
            warnings = await self.exposure.take(obj)
            return Outcome(self._get(worker.state.key), warnings)
        stored = self.store.update(obj)
        worker.wake()
        return Outcome(stored)

    async def delete_pod(
        self, namespace: str, name: str, *, grace: int | None = None, uid: str | None = None
    ) -> Outcome:
        """Begin a pod's end: SIGTERM now, SIGKILL after `grace` seconds (None: as the pod says).

        A second call may only shorten the time. NotFound; Conflict if the pod has another uid.
        """
        worker = self._worker(namespace, name)
        obj = self._get(worker.state.key)
        pod = view(obj)
        if uid is not None and uid != pod.metadata.uid:
            raise Conflict(
                f'cannot delete pod "{name}": its uid is {pod.metadata.uid}, not {uid} as asked'
            )
        seconds = pod.spec.termination_grace_period_seconds if grace is None else max(grace, 0)
        deadline = self._hands.clock() + seconds
        before = pod.metadata.deletion_timestamp
        if not before or (worker.state.deadline or parse_timestamp(before)) > deadline:
            worker.state.deadline = deadline
            obj["metadata"] |= {
                "deletionTimestamp": timestamp(deadline),
                "deletionGracePeriodSeconds": seconds,
            }
            obj = self.store.update(obj)
        warnings = tuple(self._unheard(worker, seconds)) if not before else ()
        worker.wake()
        return Outcome(obj, warnings)

    async def gone(self, namespace: str, name: str) -> None:
        """Wait until a pod is gone; returns at once if it is not there."""
        worker = self._workers.get(Key("Pod", namespace, name))
        if worker is not None:
            await worker.gone.wait()

    async def ports(self, namespace: str | None = None, name: str | None = None) -> list[PortRow]:
        """Return the ports of a pod, of a namespace's pods, or of all. NotFound."""
        if namespace is not None and name is not None:
            chosen = [self._worker(namespace, name)]
        else:
            chosen = [
                worker
                for key, worker in self._workers.items()
                if namespace is None or key.namespace == namespace
            ]
        return await self._ports.rows(
            [(worker.state, self._get(worker.state.key)) for worker in chosen]
        )

    async def want_network(self, block: IPv4Network) -> IPv4Network:
        """Have the pods' addresses in this block, if none has one yet; return where they are."""
        return await self._cluster.want(block)

    async def purge(self) -> None:
        """Remove every pod and everything of this root; goes on and reports every error."""
        await self._end_pods(grace=0)
        await self.watch.quit()
        await self._cluster.remove()
        self._hands.cgroups.remove_root()
        with self.store.transaction():
            for kind in ("Event", conflicts.KIND, "Node", "Namespace"):
                for obj in self.store.list(kind):
                    meta = obj["metadata"]
                    self.store.delete(Key(kind, meta.get("namespace", ""), meta["name"]))
            for image in self.images.list():
                self.images.unmap(image)
        self._ensure_objects()

    async def _end_pods(self, namespace: str | None = None, *, grace: int | None = None) -> None:
        """End the pods of a namespace, or all, and wait until they are gone."""
        keys = [key for key in self._workers if namespace in (None, key.namespace)]
        for key in keys:
            with suppress(NotFound):  # its end was near
                await self.delete_pod(key.namespace, key.name, grace=grace)
        await asyncio.gather(*(self.gone(key.namespace, key.name) for key in keys))

    def pod_folder(self, uid: str) -> str:
        """Return the folder of a pod: its journal and logs."""
        return self._hands.root.pod_folder(uid)

    def _unheard(self, worker: PodWorker, seconds: int) -> list[str]:
        """Say which containers will not hear SIGTERM, so that nobody wonders what takes so long."""
        if not seconds:
            return []
        return [
            f'container "{name}" does not handle SIGTERM, so it ends by SIGKILL after '
            f"{seconds} s (--grace-period=N shortens that)"
            for name, container in worker.state.history.containers.items()
            if container.current.running
            and processes.ignores(container.current.pid, signal.SIGTERM)
        ]

    def _new_state(self, key: Key, obj: JSON) -> PodState:
        uid = obj["metadata"]["uid"]
        return PodState(key, uid, self._hands.root.pod_folder(uid))

    def _serve(self, worker: PodWorker) -> None:
        self._workers[worker.state.key] = worker
        task = asyncio.create_task(worker.run(), name=f"pod {worker.state.key.name}")
        self._keep(task)
        task.add_done_callback(lambda done: self._served(worker, done))

    def _served(self, worker: PodWorker, task: asyncio.Task[None]) -> None:
        if self._workers.get(worker.state.key) is worker:
            del self._workers[worker.state.key]
        if not task.cancelled() and task.exception() is not None:
            pod = {"pod": worker.state.key.path}
            _log.error("a worker ended", exc_info=task.exception(), extra=pod)
        self._place_freed()

    def _worker(self, namespace: str, name: str) -> PodWorker:
        worker = self._workers.get(Key("Pod", namespace, name))
        if worker is None:
            raise not_found(Key("Pod", namespace, name))
        self.trace.concerns(worker.state.key)
        return worker

    def _get(self, key: Key) -> JSON:
        obj = self.store.get(key)
        if obj is None:
            raise not_found(key)
        return obj

    def _place_freed(self) -> None:
        """Have pods that wait for a place look again: an address or a port may be free now."""
        for worker in self._workers.values():
            if worker.waits_for_place:
                worker.wake()

    def _wake_all(self) -> None:
        for worker in self._workers.values():
            worker.wake()

    def _network_lost(self, links_lost: bool) -> None:  # noqa: FBT001 - a callback's one fact
        """Have a lost fabric or node built again, which also clears away what it left."""
        for worker in self._workers.values():
            if links_lost:
                worker.state.wired = False
            worker.wake()
        self._keep(asyncio.create_task(self._rebuild(), name="rebuild the network"))

    async def _rebuild(self) -> None:
        works_for(None)
        try:
            for warning in await self._cluster.ensure():
                _log.warning("%s", warning)
        except MinipodError as error:
            _log.warning("%s", error)  # the next pod that needs it meets it again

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ensure_objects(self) -> None:
        """Have the objects that nobody creates: the first namespace, and the node."""
        self.namespaces.ensure(DEFAULT)
        self._node.ensure()
        self._node.tell_place()
