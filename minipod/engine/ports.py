"""The ports of pods, asked from the kernel: sockets, their containers, their processes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel import processes, sockets
from minipod.model.pod import view
from minipod.model.sockets import SocketState
from minipod.ports.rows import port_rows
from minipod.ports.space import PodPorts
from minipod.ports.wayout import near

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from minipod.engine.hands import Hands
    from minipod.engine.pod_state import PodState
    from minipod.engine.sandboxes import Sandbox
    from minipod.model.pod import JSON, Pod
    from minipod.model.sockets import PortRow, Socket


_AUDITED = frozenset({SocketState.LISTENING, SocketState.BOUND, SocketState.TIME_WAIT})


_ANSWER_WITHIN = 2.0
"""Seconds in which a sandbox must hand out a socket: one that was stopped keeps nobody waiting."""


class Ports:
    """Answers `minipod ports`, and who holds a port that somebody else wanted."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def rows(self, pods: Sequence[tuple[PodState, JSON]]) -> list[PortRow]:
        """Return the rows of these pods: what listens, and what is declared and silent."""
        return port_rows([await self.space(state, view(obj)) for state, obj in pods])

    async def space(self, state: PodState, pod: Pod, port: int | None = None) -> PodPorts:
        """Return a pod's port space, with the processes behind whatever can be served there.

        With `port`: every socket that holds this port or one near it, connections too, and the
        processes behind those on the port itself. A pod without a sandbox has no sockets.
        """
        if state.sandbox is None:
            return PodPorts(pod)
        with await _asked(state.sandbox) as diag:
            if port is None:
                found = sockets.held(diag, _AUDITED)
                matter = [each for each in found if each.serves]
            else:
                found = sockets.held(diag, ports=near(port))
                matter = [each for each in found if each.port == port]
        return self._attributed(state.sandbox, pod, found, matter)

    def _attributed(
        self, sandbox: Sandbox, pod: Pod, found: tuple[Socket, ...], matter: Sequence[Socket]
    ) -> PodPorts:
        """Say to whom sockets belong; of those that matter also which processes have them."""
        cgroups = self._hands.cgroups
        containers = {container.name for container in pod.spec.containers}
        members = {pid: name for name in containers for pid in cgroups.pids(sandbox.uid, name)}
        inodes = {each.inode for each in matter if each.inode}
        return PodPorts(
            pod,
            found,
            {id_: name for id_, name in cgroups.names(sandbox.uid).items() if name in containers},
            members,
            processes.holders(inodes, members, sandbox.netns),
            whole=sockets.tells_silent(),
        )


async def _asked(sandbox: Sandbox) -> socket.socket:
    """Return a socket that lists those of a pod. HostError if its sandbox does not answer."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            return await sockets.open_in(sandbox)
    except TimeoutError:
        raise HostError(
            f"cannot list the pod's sockets: its sandbox (pid {sandbox.pid}) does not answer",
            hint="has somebody stopped it? 'kill -CONT' has it go on",
        ) from None
