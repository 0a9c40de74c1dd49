"""Ports of the machine that lead to pods: who has which, and what keeps them open.

A port is claimed when its pod gets an address, so that of two pods one waits. From then on a
socket keeps it from the machine's programs: bound by the server, held by the pod's sandbox, so
that it lives exactly as long. That packets go to the pod is the kernel's doing (`Cluster.publish`).
"""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING

from minipod.errors import Conflict, HostError, StepFailed
from minipod.model.host_ports import Claim, Taken, free_near, host_ports
from minipod.plan.host_ports import Publication, clashes, kept, to_hold

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Sequence
    from ipaddress import IPv4Address

    from minipod.engine.cluster import Cluster
    from minipod.engine.hands import Hands
    from minipod.engine.pod_state import PodState
    from minipod.model.host_ports import HostPort
    from minipod.model.pod import Pod

_log = logging.getLogger(__name__)


class PortsTaken(Conflict):
    """Host ports that cannot be had, each with who has it."""

    def __init__(self, taken: Sequence[Taken]) -> None:
        super().__init__("; ".join(map(str, taken)))
        self.taken = tuple(taken)

    @property
    def by_programs(self) -> bool:
        """Whether programs of the machine have some: nobody tells us when those end."""
        return not all(isinstance(taken.by, Claim) for taken in self.taken)


class HostPorts:
    """The host ports of all pods. `on_freed` is called when a claim was given up."""

    def __init__(self, hands: Hands, cluster: Cluster, on_freed: Callable[[], None]) -> None:
        self._hands = hands
        self._cluster = cluster
        self._on_freed = on_freed
        self._claims: dict[str, tuple[Claim, ...]] = {}
        self._claimed: dict[int, dict[str, tuple[Claim, ...]]] = {}
        """The same, by the port's number: so that a look at one port costs the same for ever."""
        self._bound: dict[str, dict[str, socket.socket]] = {}

    def adopt(self, state: PodState, pod: Pod, address: IPv4Address) -> None:
        """Take note of a pod that has its address already, and of what its sandbox keeps open."""
        wanted = host_ports(pod)
        self._claim(state.uid, pod, wanted)
        if state.sandbox is not None and (wanted or state.sandbox.connection.held):
            state.open_ports = None  # as far as we know
            opened = kept(wanted, state.sandbox.connection.held, self._node)
            self._cluster.publications.expect(state.uid, _publications(pod, opened, address))

    async def reserve(self, uid: str, pod: Pod) -> None:
        """Claim what a pod wants, and no more, and bind what is new of it.

        PortsTaken: then nothing changed.
        """
        wanted = host_ports(pod)
        taken = clashes(wanted, self.claims(wanted, other_than=uid))
        if taken:
            raise PortsTaken(taken)
        known = {claim.port for claim in self._claims.get(uid, ())}
        holding = to_hold(wanted, self._node)
        new = [port for port in holding if port not in known]
        bound, refused = self._bind(new)
        if refused:
            _close(bound)
            raise PortsTaken(await self.taken_by_programs(refused))
        left = self._bound.get(uid, {}) | bound
        self._bound[uid] = {port.key: left.pop(port.key) for port in holding if port.key in left}
        _close(left)
        self._claim(uid, pod, wanted)

    async def extend(self, uid: str, pod: Pod) -> None:
        """Reserve for a pod that has a place; one that waits will ask when it gets one."""
        if self._cluster.address(uid) is not None:
            await self.reserve(uid, pod)

    def release(self, uid: str) -> None:
        """Give up all that a pod has claimed; others may have it."""
        self._drop(uid)
        _close(self._bound.pop(uid, {}))
        self._on_freed()

    async def open(self, state: PodState, pod: Pod, address: IPv4Address) -> list[str]:
        """Have the wanted ports open, and no others; return why some are not. Unavailable."""
        assert state.sandbox is not None
        connection, before = state.sandbox.connection, state.open_ports
        wanted = host_ports(pod)
        holding = to_hold(wanted, self._node)
        for key in connection.held - {port.key for port in holding}:
            await connection.release(key)
        troubles = [trouble for port in holding for trouble in await self._hold(state, port)]
        opened = kept(wanted, connection.held, self._node)
        try:
            await self._cluster.publish(state.uid, _publications(pod, opened, address))
        except HostError as error:
            troubles += [f"hostPort {port} is not open: {error.message}" for port in opened]
            for port in holding:
                await connection.release(port.key)  # nobody would be answered there
            opened = ()
        state.open_ports = frozenset(opened)
        changed = state.open_ports ^ (before or frozenset())
        await self._cluster.cut_flows([port for port in changed if port.is_udp])
        self._claim(state.uid, pod, wanted)
        return troubles

    async def close(self, state: PodState) -> None:
        """Close the ports of a pod whose sandbox is gone.

        What cannot be closed now, will be with the next change: no pod stays because of it.
        """
        state.open_ports = frozenset()
        closed = self._cluster.publications.of(state.uid)
        if not closed:
            return
        try:
            await self._cluster.publish(state.uid, ())
        except HostError as error:
            _log.warning("cannot close host ports: %s", error)
        await self._cluster.cut_flows([each.port for each in closed])

    def claims(self, ports: Iterable[HostPort], *, other_than: str = "") -> list[Claim]:
        """Return the claims on the numbers of these ports, but one pod's."""
        return [
            claim
            for number in {port.host_port for port in ports}
            for uid, claims in self._claimed.get(number, {}).items()
            if uid != other_than
            for claim in claims
        ]

    async def taken_by_programs(self, ports: Sequence[HostPort]) -> list[Taken]:
        """Return who has ports that the machine refuses, as far as it shows."""
        found = {taken.port: taken for taken in await self._hands.network.host_ports_taken(ports)}
        return [found.get(port, Taken(port, None)) for port in ports]

    async def programs(self, ports: Sequence[HostPort]) -> list[Taken]:
        """Return which ports programs of the machine listen on."""
        return await self._hands.network.host_ports_taken(ports) if ports else []

    def numbers(self) -> frozenset[int]:
        """Return the numbers of the ports that pods have or something listens on."""
        return frozenset(self._hands.network.host_ports_bound() | self._claimed.keys())

    def free_near(self, port: int) -> int:
        """Return the next port that no pod has and nothing listens on."""
        return free_near(port, self.numbers())

    def shut(self) -> None:
        """Let go of what was bound and not yet handed over: the server ends."""
        for bound in self._bound.values():
            _close(bound)
        self._bound.clear()

    @property
    def _node(self) -> IPv4Address:
        return self._cluster.required_node.address

    def _bind(self, ports: Iterable[HostPort]) -> tuple[dict[str, socket.socket], list[HostPort]]:
        """Return the sockets, and the ports that somebody has. Other trouble `open` will meet."""
        bound, refused = {}, []
        for port in ports:
            try:
                bound[port.key] = self._hands.network.hold_host_port(port)
            except StepFailed as error:
                if error.errno == errno.EADDRINUSE:
                    refused.append(port)
        return bound, refused

    async def _hold(self, state: PodState, port: HostPort) -> list[str]:
        """Have the sandbox keep a port, unless it does; return why it does not."""
        assert state.sandbox is not None
        connection = state.sandbox.connection
        bound = self._bound.get(state.uid, {}).pop(port.key, None)
        try:
            if port.key not in connection.held:
                bound = bound or self._hands.network.hold_host_port(port)
                await connection.hold(port.key, bound.fileno())
        except StepFailed as error:
            if error.errno != errno.EADDRINUSE:
                return [f"hostPort {port} is not open: {error.cause}"]
            (taken,) = await self.taken_by_programs([port])
            return [f"hostPort {port} is not open: {taken}"]
        finally:
            if bound is not None:
                bound.close()
        return []

    def _claim(self, uid: str, pod: Pod, ports: Sequence[HostPort]) -> None:
        had = len(self._claims.get(uid, ()))
        self._drop(uid)
        claims = tuple(Claim(_name(pod), port) for port in ports)
        if claims:
            self._claims[uid] = claims
        for claim in claims:
            by_uid = self._claimed.setdefault(claim.port.host_port, {})
            by_uid[uid] = (*by_uid.get(uid, ()), claim)
        if len(claims) < had:
            self._on_freed()

    def _drop(self, uid: str) -> None:
        for claim in self._claims.pop(uid, ()):
            number = claim.port.host_port
            self._claimed.get(number, {}).pop(uid, None)
            if not self._claimed.get(number):
                self._claimed.pop(number, None)


def _name(pod: Pod) -> str:
    return f"{pod.metadata.namespace}/{pod.metadata.name}"


def _publications(
    pod: Pod, ports: Iterable[HostPort], address: IPv4Address
) -> tuple[Publication, ...]:
    return tuple(Publication(_name(pod), port, address) for port in ports)


def _close(bound: dict[str, socket.socket]) -> None:
    for each in bound.values():
        each.close()
