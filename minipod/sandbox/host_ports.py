"""The host's ports that lead to this pod: bound sockets that the server made, kept while we live.

Nobody reads from them: packets are led to the pod before they get there. They keep the port.
"""

from __future__ import annotations

import os


class HostPorts:
    """The sockets, by what they keep."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, int] = {}

    def hold(self, port: str, descriptor: int) -> None:
        """Keep a socket, in the place of an earlier one."""
        own = os.dup(descriptor)
        self.release(port)
        self._held[port] = own

    def release(self, port: str) -> None:
        """Let go of a port; nothing happens if it is not held."""
        held = self._held.pop(port, None)
        if held is not None:
            os.close(held)

    def listed(self) -> list[str]:
        """Return what is held."""
        return list(self._held)
