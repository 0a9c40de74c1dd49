"""A port of this machine that leads to a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    JSON = dict[str, Any]


class HostPort(NamedTuple):
    """A port of this machine, at an address or at all, and the pod's port that it leads to."""

    host_ip: str
    host_port: int
    container_port: int
    protocol: str

    @classmethod
    def of(cls, told: JSON) -> Self:
        """Make one from what the server has."""
        return cls(told["hostIP"], told["hostPort"], told["containerPort"], told["protocol"])
