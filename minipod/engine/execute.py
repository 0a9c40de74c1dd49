"""The steps of a pod's life, done on the kernel; none is decided here."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from minipod.engine.host_ports import PortsTaken
from minipod.engine.housekeeping import remove_scratch
from minipod.engine.pod_state import JOURNALS, REPLACED, WIRED
from minipod.engine.sandboxes import Order
from minipod.errors import MinipodError, StepFailed
from minipod.kernel import processes
from minipod.kernel.resolver import resolv_conf
from minipod.model.pod import RestartPolicy, view
from minipod.plan import byhand, lifecycle
from minipod.plan.files import hostname_file, hosts_file
from minipod.plan.host_ports import NO_FREE_PORTS
from minipod.plan.lifecycle import SandboxState
from minipod.plan.narration import EventType, Note
from minipod.plan.netns import pod_names

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from minipod.engine.cluster import Cluster
    from minipod.engine.conflicts import Conflicts
    from minipod.engine.events import Events
    from minipod.engine.hands import Hands
    from minipod.engine.host_ports import HostPorts
    from minipod.engine.pod_state import PodState
    from minipod.engine.sandboxes import Sandboxes
    from minipod.model.pod import JSON
    from minipod.sandbox.protocol import ContainerSpec, Restart


PORTS_RETRY = 3.0
"""Seconds after which a port is tried again that the machine, not a pod, keeps from being had."""


class Unschedulable(MinipodError):
    """No node has a place for the pod: it waits for one.

    `retry_after` is given in seconds where nobody will say that there is one.
    """

    def __init__(self, why: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"0/1 nodes are available: {why}")
        self.retry_after = retry_after


class Execute:
    """Does steps; each ends with its part of the state true, or raises and has undone its part."""

    def __init__(
        self,
        hands: Hands,
        cluster: Cluster,
        sandboxes: Sandboxes,
        host_ports: HostPorts,
        events: Events,
        conflicts: Conflicts,
    ) -> None:
        self._hands = hands
        self._trace = hands.trace
        self._cluster = cluster
        self._sandboxes = sandboxes
        self._host_ports = host_ports
        self._events = events
        self._conflicts = conflicts

    async def perform(self, step: lifecycle.Step, state: PodState, obj: JSON) -> None:
        """Do one step of a pod. Unschedulable, HostError."""
        match step:
            case lifecycle.AssignAddress():
                await self._assign_address(state, obj)
            case lifecycle.CreateSandbox():
                await self._create_sandbox(state, obj)
            case lifecycle.ClearSandbox():
                await self._clear_sandbox(state, obj)
            case lifecycle.Wire():
                await self._wire(state)
            case lifecycle.OpenHostPorts():
                await self._open_host_ports(state, obj)
            case lifecycle.StartContainer():
                await self._start(step, state, obj)
            case lifecycle.TellRestart():
                await self._tell_restart(step, state)
            case lifecycle.Signal() | lifecycle.Replace() | lifecycle.Kill():
                await self._end_container(step, state, obj)
            case lifecycle.DestroySandbox():
                await self._destroy_sandbox(state)
            case lifecycle.ReleaseAddress():
                self._release_address(state)
            case lifecycle.Forget():
                self._forget(state)

    async def _assign_address(self, state: PodState, obj: JSON) -> None:
        await self._cluster.ensure()
        node = self._cluster.required_node
        wanted = obj["spec"].get("nodeName") or node.name
        if wanted != node.name:
            raise Unschedulable(f'there is no node "{wanted}".')
        try:
            await self._host_ports.reserve(state.uid, view(obj))
        except PortsTaken as error:
            retry = PORTS_RETRY if error.by_programs else None
            sentences = " ".join(f"{taken}." for taken in (NO_FREE_PORTS, *error.taken))
            raise Unschedulable(sentences, retry_after=retry) from error
        meta = obj["metadata"]
        message = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node.name}"
        with self._hands.store.transaction():
            taken = self._cluster.assign(state.uid)
            if taken is not None:
                self._events.record(obj, Note(EventType.NORMAL, "Scheduled", message))
        if taken is None:
            self._host_ports.release(state.uid)
            raise Unschedulable(
                f"1 Too many pods: every address of the node's {node.cidr} is in use."
            )
        if self._trace.on:
            self._trace.tell(byhand.address(taken, node))

    def _release_address(self, state: PodState) -> None:
        freed = self._cluster.address(state.uid)
        self._cluster.release(state.uid)
        self._host_ports.release(state.uid)
        if self._trace.on and freed is not None:
            self._trace.tell(byhand.address_freed(freed))

    async def _create_sandbox(self, state: PodState, obj: JSON) -> None:
        pod = view(obj)
        if state.history.containers:
            await asyncio.to_thread(remove_scratch, state.folder)  # of attempts that ended unseen
        order = Order(
            state.uid,
            f"pod {pod.metadata.namespace}/{pod.metadata.name}",
            state.folder,
            pod.hostname,
            pod_names(self._hands.root, pod.metadata.namespace, pod.metadata.name),
            groups=[container.name for container in pod.spec.containers],
            files={
                "/etc/hosts": ("hosts", hosts_file(self._address(state), pod.hostname)),
                "/etc/hostname": ("hostname", hostname_file(pod.hostname)),
                "/etc/resolv.conf": ("resolv.conf", resolv_conf()),
            },
        )
        state.sandbox = await self._sandboxes.create(order, state)
        self._conflicts.follow(state)
        state.stage = SandboxState.READY
        if state.history.containers:
            message = "Pod sandbox changed, it will be killed and re-created."
            self._events.record(obj, Note(EventType.NORMAL, "SandboxChanged", message))

    async def _clear_sandbox(self, state: PodState, obj: JSON) -> None:
        await self._host_ports.close(state)
        await self._cluster.disconnect(state.link)
        self._unwire(state)
        await self._sandboxes.clear(state.uid)
        state.stage = SandboxState.ABSENT
        message = "The pod's sandbox ended unasked, and its containers with it"
        self._events.record(obj, Note(EventType.WARNING, "SandboxLost", message))

    async def _wire(self, state: PodState) -> None:
        assert state.sandbox is not None
        address, trace = self._address(state), self._trace
        began = trace.begin()
        node = await self._cluster.connect(state.link, address, state.sandbox)
        if trace.on:
            names = (self._cluster.netns_name, self._netns_name(state))
            trace.tell(byhand.link(state.link, address, *names), began)
        place = self._cluster.required_node
        began = trace.begin()
        await state.sandbox.connection.request(
            "network",
            address=str(address),
            prefix=place.cidr.prefixlen,
            gateway=str(place.gateway),
        )
        if trace.on:
            trace.tell(byhand.inside(self._netns_name(state), address, place), began)
        self._cluster.check(node)
        self._hands.store.put_record(WIRED, state.uid, value=True)
        state.wired = True

    def _unwire(self, state: PodState) -> None:
        """Forget the link, before its sandbox is: the next one is not born with it."""
        self._hands.store.drop_record(WIRED, state.uid)
        state.wired = False

    async def _open_host_ports(self, state: PodState, obj: JSON) -> None:
        troubles = await self._host_ports.open(state, view(obj), self._address(state))
        for trouble in set(troubles) - set(state.port_troubles):
            self._events.record(obj, Note(EventType.WARNING, "HostPortNotOpen", trouble))
        state.port_troubles = tuple(troubles)
        state.retry_ports_at = self._hands.clock() + PORTS_RETRY if troubles else None

    async def _start(self, step: lifecycle.StartContainer, state: PodState, obj: JSON) -> None:
        assert state.sandbox is not None
        pod = view(obj)
        container = next(each for each in pod.spec.containers if each.name == step.name)
        spec: ContainerSpec = {
            "name": step.name,
            "attempt": step.attempt,
            "argv": list(step.process.argv),
            "env": dict(step.process.env),
            "cwd": step.process.cwd,
            "image": container.image,
            "cgroup": step.name,
            "share_host_files": pod.shares_host_files,
            "restart": _restart_message(step.restart),
            "stdin": container.stdin,
            "stdin_once": container.stdin_once,
            "tty": container.tty,
        }
        state.told[step.name] = (step.attempt, step.restart)
        began = self._trace.begin()
        try:
            born = await state.sandbox.connection.request("start", container=spec)
        except StepFailed as error:
            if self._trace.on:
                self._trace.tell(byhand.container_failed(step.name, str(error)), began)
            return  # the journal has it, with its step: a fact of the container, not of the server
        if self._trace.on:
            shares = view(obj).shares_host_files
            argv, pid = step.process.argv, born["pid"]
            deeds = byhand.container(step.name, argv, pid, shares_files=shares)
            self._trace.tell(deeds, began)

    async def _tell_restart(self, step: lifecycle.TellRestart, state: PodState) -> None:
        assert state.sandbox is not None
        attempt = state.history.containers[step.name].current.number
        try:
            await state.sandbox.connection.request(
                "restart", name=step.name, restart=_restart_message(step.restart)
            )
        except StepFailed:
            return  # it ended on its own meanwhile: the journal tells
        state.told[step.name] = (attempt, step.restart)

    async def _end_container(
        self,
        step: lifecycle.Signal | lifecycle.Replace | lifecycle.Kill,
        state: PodState,
        obj: JSON,
    ) -> None:
        match step:
            case lifecycle.Signal():
                await self._signal(step, state, obj)
            case lifecycle.Replace():
                await self._replace(step, state, obj)
            case lifecycle.Kill():
                await self._kill(step, state)

    async def _signal(self, step: lifecycle.Signal, state: PodState, obj: JSON) -> None:
        await self._ask_to_end(step, state, obj, f"Stopping container {step.name}")

    async def _replace(self, step: lifecycle.Replace, state: PodState, obj: JSON) -> None:
        state.replaced[step.name] = state.history.containers[step.name].current.number
        self._hands.store.put_record(REPLACED, state.uid, state.replaced)
        await self._tell_restart(lifecycle.TellRestart(step.name, None), state)
        signalled = lifecycle.Signal(step.name, signal.SIGTERM)
        message = f"Container {step.name} definition changed, will be restarted"
        await self._ask_to_end(signalled, state, obj, message)

    async def _ask_to_end(
        self, step: lifecycle.Signal, state: PodState, obj: JSON, message: str
    ) -> None:
        assert state.sandbox is not None
        current = state.history.containers[step.name].current
        state.asked_to_end[step.name, current.number] = lifecycle.Asked(self._hands.clock())
        if processes.ignores(current.pid, step.signal):
            message += f": it does not handle {step.signal.name}, so the grace period will run out"
        self._events.record(obj, Note(EventType.NORMAL, "Killing", message, step.name))
        try:
            await state.sandbox.connection.request("signal", name=step.name, signal=step.signal)
        except StepFailed:
            return  # it ended on its own meanwhile: the journal tells
        if self._trace.on:
            self._trace.tell(byhand.signalled(step.name, step.signal, current.pid))

    async def _kill(self, step: lifecycle.Kill, state: PodState) -> None:
        assert state.sandbox is not None
        current = state.history.containers[step.name].current
        asked = state.asked_to_end[step.name, current.number]
        state.asked_to_end[step.name, current.number] = lifecycle.Asked(asked.at, killed=True)
        try:
            await state.sandbox.connection.request("kill", name=step.name)
        except StepFailed:
            return  # it ended on its own meanwhile: the journal tells
        if self._trace.on:
            self._trace.tell(byhand.signalled(step.name, signal.SIGKILL, current.pid))

    async def _destroy_sandbox(self, state: PodState) -> None:
        sandbox, state.sandbox = state.sandbox, None
        if sandbox is not None:
            began = self._trace.begin()
            pid = sandbox.pid
            await sandbox.end()
            if self._trace.on:
                self._trace.tell(byhand.sandbox_ended(pid, state.link), began)
        await self._host_ports.close(state)
        self._unwire(state)
        await self._sandboxes.clear(state.uid)
        state.stage = SandboxState.ABSENT

    def _forget(self, state: PodState) -> None:
        self._conflicts.forget(state)
        with self._hands.store.transaction():
            for bucket in (JOURNALS, REPLACED):
                self._hands.store.drop_record(bucket, state.uid)
            self._hands.store.delete(state.key)

    def _netns_name(self, state: PodState) -> str:
        """Return the name of the pod's namespace in `ip netns list`, if it was free."""
        return pod_names(self._hands.root, state.key.namespace, state.key.name)[0]

    def _address(self, state: PodState) -> IPv4Address:
        address = self._cluster.address(state.uid)
        assert address is not None
        return address


def _restart_message(restart: lifecycle.Restart | None) -> Restart | None:
    if restart is None:
        return None
    return {
        "on": "always" if restart.on is RestartPolicy.ALWAYS else "failure",
        "delay": restart.delay,
        "reset_after": restart.reset_after,
    }
