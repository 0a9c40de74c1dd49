"""The ports of pods, asked from the kernel: sockets, their containers, their processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.kernel import processes, sockets
from minipod.model.pod import view
from minipod.ports.rows import PodPorts, port_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.engine.hands import Hands
    from minipod.engine.pod_state import PodState
    from minipod.engine.sandboxes import Sandbox
    from minipod.model.pod import JSON, Pod
    from minipod.model.sockets import PortRow


class Ports:
    """Answers `minipod ports`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def rows(self, pods: Sequence[tuple[PodState, JSON]]) -> list[PortRow]:
        """Return the rows of these pods: what listens, and what is declared and silent."""
        return port_rows([await self._look(state, view(obj)) for state, obj in pods])

    async def _look(self, state: PodState, pod: Pod) -> PodPorts:
        if state.sandbox is None:
            return PodPorts(pod)
        return await self._look_inside(state.sandbox, pod)

    async def _look_inside(self, sandbox: Sandbox, pod: Pod) -> PodPorts:
        with await sockets.open_in(sandbox) as diag:
            found = sockets.bound(diag)
        cgroups = self._hands.cgroups
        containers = {container.name for container in pod.spec.containers}
        members = {pid: name for name in containers for pid in cgroups.pids(sandbox.uid, name)}
        return PodPorts(
            pod,
            found,
            {id_: name for id_, name in cgroups.names(sandbox.uid).items() if name in containers},
            members,
            processes.holders([each.inode for each in found], members, sandbox.netns),
        )
