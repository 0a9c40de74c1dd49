"""An engine without a machine: pods run as soon as they are created, and end when told to."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from minipod.engine import Outcome, ServerInfo
from minipod.engine.exposure import PortUse
from minipod.engine.namespaces import Namespaces
from minipod.engine.trace import Trace
from minipod.errors import BadRequest, Conflict, NotFound
from minipod.model.doctor import Cost, Report, WatcherReport
from minipod.model.usage import Place, Usage
from minipod.store.memory import MemoryStore
from minipod.store.protocol import Key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network
    from pathlib import Path

    from minipod.model.host_ports import Claim, HostPort, Taken
    from minipod.model.sockets import PortRow

JSON = dict[str, Any]
CREATED_AT = "2026-01-02T03:04:05Z"


class FakeImages:
    def __init__(self) -> None:
        self.mapped: dict[str, list[str]] = {}

    def list(self) -> dict[str, list[str]]:
        return dict(self.mapped)

    def map(self, pattern: str, command: Sequence[str]) -> None:
        if not command:
            raise BadRequest(f'cannot map image "{pattern}": the command is empty')
        self.mapped[pattern] = [*command]

    def unmap(self, pattern: str) -> None:
        if pattern not in self.mapped:
            raise NotFound(f'image "{pattern}" is not mapped')
        del self.mapped[pattern]


class FakeExposure:
    """Remembers what was added and removed; `taken` is who has what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, list[str]]] = []
        self.taken: list[Taken] = []
        self.warnings: tuple[str, ...] = ()

    async def add(self, namespace: str, name: str, ports: Sequence[HostPort]) -> tuple[str, ...]:
        self.asked.append(("add", namespace, name, [port.written for port in ports]))
        return self.warnings

    async def remove(self, namespace: str, name: str, ports: Sequence[HostPort]) -> tuple[str, ...]:
        self.asked.append(("remove", namespace, name, [port.written for port in ports]))
        return self.warnings

    async def use(self, wanted: Sequence[Claim]) -> PortUse:
        found = {c: t for c in wanted for t in self.taken if t.port.overlaps(c.port)}
        return PortUse(found, frozenset(taken.port.host_port for taken in self.taken))


class FakeDoctor:
    def __init__(self) -> None:
        self.asked: list[bool] = []

    async def report(self, *, measure: bool) -> Report:
        self.asked.append(measure)
        cost = Cost(2000.5, 1.25, 60, 1.1)
        return Report(WatcherReport("tracepoint", 7, {"fexit": "no"}, ("x",), None, 3, cost))


class FakeGauge:
    """Every place uses half a processor and a mebibyte."""

    def __init__(self) -> None:
        self.asked: list[list[Place]] = []

    async def usage(self, places: Sequence[Place]) -> dict[Place, Usage]:
        self.asked.append(list(places))
        return {place: Usage(0.5, 1 << 20, 0.25) for place in places}


class FakeEngine:
    """`held` pods do not settle before they are released; `graces` are what deletions asked for.

    `meanwhile` are objects that somebody else stores just before an update; namespaces end when
    `ending` is set.
    """

    def __init__(self, root: Path) -> None:
        self.store = MemoryStore()
        self.images = FakeImages()
        self.exposure = FakeExposure()
        self.namespaces = Namespaces(self.store, lambda: 0.0, self._end_pods)
        self.doctor = FakeDoctor()
        self.gauge = FakeGauge()
        self.trace = Trace()
        self.info = ServerInfo(4711, f"{root}/server.sock", str(root), "0.0.test")
        self.network: IPv4Network | None = None
        self.rows: list[PortRow] = []
        self.stopped = self.purged = False
        self.graces: dict[str, int | None] = {}
        self.held: dict[str, asyncio.Event] = {}
        self.in_flight = self.most_in_flight = 0
        self.creation = asyncio.Event()
        self.creation.set()
        self.warnings: tuple[str, ...] = ()
        self.meanwhile: list[JSON] = []
        self.ending = asyncio.Event()
        self.ending.set()

    async def create_pod(self, obj: JSON) -> Outcome:
        await self.creation.wait()
        if obj["metadata"]["namespace"] != "default":
            self.namespaces.ensure(obj["metadata"]["namespace"])
        self.trace.concerns(Key("Pod", obj["metadata"]["namespace"], obj["metadata"]["name"]))
        metadata = {
            "uid": str(uuid.uuid4()),
            "creationTimestamp": CREATED_AT,
            **obj["metadata"],
        }
        stored = self.store.create({**obj, "metadata": metadata, "status": {"phase": "Pending"}})
        return Outcome(stored, self.warnings)

    async def update_pod(self, obj: JSON) -> Outcome:
        if self.meanwhile:
            self.store.update(self.meanwhile.pop())
        return Outcome(self.store.update(obj), self.warnings)

    async def _end_pods(self, namespace: str) -> None:
        await self.ending.wait()
        for obj in self.store.list("Pod", namespace):
            await self.delete_pod(namespace, obj["metadata"]["name"])

    async def settled(self, namespace: str, name: str) -> JSON:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if name in self.held:
                await self.held[name].wait()
            else:
                await asyncio.sleep(0)
        finally:
            self.in_flight -= 1
        return self.set_status(name, running(self.get(name, namespace)), namespace)

    async def want_network(self, block: IPv4Network) -> IPv4Network:
        if self.network is None:
            self.network = block
        return self.network

    async def delete_pod(
        self, namespace: str, name: str, *, grace: int | None = None, uid: str | None = None
    ) -> Outcome:
        obj = self.get(name, namespace)
        if uid is not None and uid != obj["metadata"]["uid"]:
            raise Conflict(f'cannot delete pod "{name}": it has another uid')
        self.graces[name] = grace
        obj["metadata"]["deletionTimestamp"] = CREATED_AT
        self.store.update(obj)
        self.store.delete(Key("Pod", namespace, name))
        return Outcome(obj, self.warnings)

    async def gone(self, namespace: str, name: str) -> None:
        assert self.store.get(Key("Pod", namespace, name)) is None

    async def ports(self, namespace: str | None = None, name: str | None = None) -> list[PortRow]:
        if namespace and name:
            self.get(name, namespace)
        return [
            row
            for row in self.rows
            if namespace in (None, row.namespace) and name in (None, row.pod)
        ]

    async def purge(self) -> None:
        self.purged = True

    async def stop(self) -> None:
        self.stopped = True

    def pod_folder(self, uid: str) -> str:
        return f"{self.info.root}/pods/{uid}"

    # What a test does

    def get(self, name: str, namespace: str = "default") -> JSON:
        obj = self.store.get(Key("Pod", namespace, name))
        if obj is None:
            raise NotFound(f'pods "{name}" not found')
        return obj

    def add(self, name: str, namespace: str = "default", **parts: Any) -> JSON:
        """Put a pod of one container into the store."""
        return self.store.create(pod(name, namespace, **parts))

    def set_status(self, name: str, status: JSON, namespace: str = "default") -> JSON:
        return self.store.update({**self.get(name, namespace), "status": status})


def pod(
    name: str,
    namespace: str = "default",
    *,
    labels: dict[str, str] | None = None,
    containers: Sequence[str] = ("main",),
    status: JSON | None = None,
) -> JSON:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "labels": labels or {},
            "creationTimestamp": CREATED_AT,
        },
        "spec": {
            "nodeName": "node",
            "containers": [{"name": each, "command": ["true"]} for each in containers],
        },
        "status": {"phase": "Pending"} if status is None else status,
    }


def running(obj: JSON, *, restarts: int = 0) -> JSON:
    """Return the status of a pod whose containers all run."""
    return {
        "phase": "Running",
        "podIP": "10.244.0.2",
        "podIPs": [{"ip": "10.244.0.2"}],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container.get("image", ""),
                "imageID": "",
                "ready": True,
                "restartCount": restarts,
                "state": {"running": {"startedAt": CREATED_AT}},
                "lastState": {},
            }
            for container in obj["spec"]["containers"]
        ],
    }
