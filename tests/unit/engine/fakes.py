"""A kernel without a kernel: sandboxes that write journals, groups and names that only count."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from minipod.engine import Engine
from minipod.engine.hands import Hands
from minipod.errors import HostError, StepFailed
from minipod.kernel.fake import FakeNetwork
from minipod.model.host_facts import HostFacts
from minipod.model.pod import JSON
from minipod.model.root import Root
from minipod.plan.objects import Machine as MachineFacts
from minipod.sandbox.protocol import JOURNAL
from minipod.store.memory import MemoryStore
from tests.support.machine_facts import FIT

from .fake_watcher import FakeWatcher

PID_MAX_LIMIT = 1 << 22
"""More than any pid that the kernel gives (include/linux/threads.h)."""


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class FakeSandbox:
    """A pod's process as the engine meets it: answers requests, writes its journal."""

    def __init__(self, machine: Machine, spec: Any, pid: int) -> None:
        self.machine = machine
        self.spec = spec
        self.uid: str = spec["uid"]
        self.pid = pid
        self.alive = True
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.running: dict[str, int] = {}
        self.held: frozenset[str] = frozenset()
        self.on_journal: Callable[[int], None] = lambda _: None
        self.on_close: Callable[[], None] = lambda: None
        self._ends = os.pipe()
        machine.pipes += self._ends
        self.write(event="sandbox", pid=pid)

    def write(self, **record: Any) -> None:
        with Path(self.spec["folder"], JOURNAL).open("a") as journal:
            journal.write(json.dumps({"time": self.machine.clock()} | record) + "\n")

    def tell(self) -> None:
        """Hint that the journal has grown."""
        self.on_journal(Path(self.spec["folder"], JOURNAL).stat().st_size)

    def end_of(self, name: str, code: int, restart_at: float | None = None) -> None:
        """Have a container end, and the engine hear of it."""
        attempt = self.running.pop(name)
        self.write(
            event="exited",
            name=name,
            attempt=attempt,
            id=f"id-{name}-{attempt}",
            code=code,
            signal=0,
            started=self.machine.clock(),
            restart_at=restart_at,
        )
        self.tell()

    def die(self) -> None:
        """End as after a kill -9."""
        self.alive = False
        os.write(self._ends[1], b"x")
        self.on_close()

    async def request(self, op: str, **fields: Any) -> dict[str, Any]:
        self.requests.append((op, fields))
        await asyncio.sleep(0)  # as with a real one, others go on
        if op in self.machine.refused:
            raise StepFailed(f"do {op}", self.machine.refused[op])
        if op == "start":
            return self._start(fields["container"])
        if op == "signal" and fields["name"] in self.running and self.machine.obedient:
            self.end_of(fields["name"], 143)
        if op == "kill" and self.machine.mortal:
            self.end_of(fields["name"], 137)
        return {}

    def _start(self, container: Any) -> dict[str, Any]:
        name, attempt = container["name"], container["attempt"]
        place = {"name": name, "attempt": attempt, "id": f"id-{name}-{attempt}"}
        if container["argv"][0] == "missing":
            error = {"step": 'execute "missing"', "errno": 2, "message": "not found"}
            self.write(event="failed", error=error, **place)
            raise StepFailed(error["step"], error["message"], errno=2)
        self.running[name] = attempt
        self.write(event="started", pid=self.pid + 1, image=container["image"], **place)
        return {"id": place["id"], "pid": self.pid + 1}

    async def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        raise StepFailed("make a socket", "there is no kernel here")

    async def hold(self, port: str, descriptor: int) -> None:
        assert descriptor >= 0
        self.held |= {port}

    async def release(self, port: str) -> None:
        self.held -= {port}

    async def namespace(self) -> tuple[int, int]:
        return self.descriptors()

    def descriptors(self) -> tuple[int, int]:
        """Return what stands for the namespace and the pidfd: the latter is readable at the end."""
        pidfd = os.dup(self._ends[0])
        self.machine.pidfds[pidfd] = self
        return os.open("/dev/null", os.O_RDONLY), pidfd

    def close(self) -> None:
        pass


class Born:
    """A sandbox that was just born."""

    def __init__(self, sandbox: FakeSandbox) -> None:
        self.netns, self.pidfd = sandbox.descriptors()


class Machine:
    """The zygote, the control groups and the names of a machine that is not there.

    `refused` maps a request's name to the reason why sandboxes refuse it; `obedient`: containers
    end when asked to; `mortal`: at once when killed. `facts` is how the machine is, `looks` how
    often somebody looked.
    """

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.boot_id = "first"
        self.store = MemoryStore()
        self.network = FakeNetwork()
        self.root = Root(str(folder))
        self.sandboxes: dict[str, FakeSandbox] = {}
        self.groups: dict[str, set[str]] = {}
        self.named: dict[str, int] = {}
        self.groups_of: dict[int, int] = {}
        self.watcher = FakeWatcher()
        self.pipes: list[int] = []
        self.pidfds: dict[int, FakeSandbox] = {}
        self.refused: dict[str, str] = {}
        self.refuses_forks = False
        self.obedient = True
        self.mortal = True
        self.facts = FIT
        self.looks = 0
        self._pids = itertools.count(PID_MAX_LIMIT + 1, 10)  # no process has one of these

    def close(self) -> None:
        """Give every descriptor back: other tests of this process need low numbers."""
        for descriptor in self.pipes:
            os.close(descriptor)

    def hands(self) -> Hands:
        return Hands(
            root=self.root,
            store=self.store,
            network=self.network,
            cgroups=self,  # type: ignore[arg-type]
            names=self,  # type: ignore[arg-type]
            zygote=self,  # type: ignore[arg-type]
            connect=self.connect,  # type: ignore[arg-type]
            watcher=self.watcher,
            clock=self.clock,
            machine=MachineFacts("machine", "6.1.0", "amd64", "Linux", "0.1", boot_id=self.boot_id),
            look=self.look,
        )

    async def look(self) -> HostFacts:
        self.looks += 1
        return self.facts

    def engine(self, cidr: IPv4Network | None = None) -> Engine:
        return Engine(self.hands(), cidr)

    # the zygote
    async def fork(self, spec: Any, cgroup: int) -> Born:
        if self.refuses_forks:
            raise StepFailed("fork a sandbox", "Cannot allocate memory", errno=12)
        self.sandboxes[spec["uid"]] = FakeSandbox(self, spec, next(self._pids))
        return Born(self.sandboxes[spec["uid"]])

    def send_signal(self, pidfd: int, number: int) -> None:
        """Stand in for pidfd_send_signal, of SIGKILL."""
        self.pidfds[pidfd].on_close = lambda: None
        self.pidfds[pidfd].die()

    async def connect(
        self, folder: str, *, on_journal: Callable[[int], None], on_close: Callable[[], None]
    ) -> FakeSandbox:
        for sandbox in self.sandboxes.values():
            if sandbox.spec["folder"] == folder and sandbox.alive:
                sandbox.on_journal, sandbox.on_close = on_journal, on_close
                return sandbox
        raise HostError(f"cannot connect to {folder}: Connection refused")

    # the control groups
    def ensure(self, uid: str, names: Iterable[str] = ()) -> None:
        self.groups.setdefault(uid, set()).update(names)

    def open(self, uid: str) -> int:
        return os.open("/dev/null", os.O_RDONLY)

    def open_root(self) -> int:
        return os.open("/dev/null", os.O_RDONLY)

    def names(self, uid: str) -> dict[int, str]:
        return {self.group(uid, name): name for name in self.groups.get(uid, ())}

    @staticmethod
    def group(uid: str, name: str) -> int:
        """Return the id of a container's control group."""
        return hash((uid, name)) & 0xFFFF_FFFF

    def id_of(self, pid: int) -> int | None:
        return self.groups_of.get(pid)

    def uids(self) -> list[str]:
        return list(self.groups)

    async def kill(self, uid: str) -> None:
        pass

    def pids(self, uid: str, name: str | None = None) -> list[int]:
        sandbox = self.sandboxes.get(uid)
        return [sandbox.pid] if sandbox and sandbox.alive and uid in self.groups else []

    def of(self, pid: int) -> list[str]:
        return [name for name, named in self.named.items() if named == pid]

    def remove_root(self) -> None:
        pass

    # the names: `remove` serves both
    def add(self, names: Iterable[str], pid: int) -> str:
        name = next(iter(names))
        self.named[name] = pid
        return name

    def remove(self, name: str, pid: int | None = None) -> Any:
        if pid is None:
            self.groups.pop(name, None)
            return _nothing()
        if self.named.get(name) == pid:
            del self.named[name]
        return None


async def _nothing() -> None:
    pass


def pod(name: str = "web", *containers: JSON, **spec: Any) -> JSON:
    """A defaulted pod as the manifest room hands it over."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "containers": list(containers) or [{"name": "app", "command": ["sleep", "9"]}],
        }
        | spec,
    }
