"""The ports of pods, asked from the kernel: sockets, their containers, their processes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from minipod.kernel import processes, sockets
from minipod.model.pod import view
from minipod.ports.rows import port_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.engine.hands import Hands
    from minipod.engine.pod_state import PodState
    from minipod.model.pod import JSON
    from minipod.model.sockets import PortRow

NETLINK_SOCK_DIAG = 4


class Ports:
    """Answers `minipod ports`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def rows(self, pods: Sequence[tuple[PodState, JSON]]) -> list[PortRow]:
        """Return the rows of these pods: what listens, and what is declared and silent."""
        rows: list[PortRow] = []
        for state, obj in pods:
            rows += await self._of_pod(state, obj)
        return rows
