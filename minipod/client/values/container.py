"""A container of a pod, as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    JSON = dict[str, Any]


class Container(NamedTuple):
    """A container as it is now.

    `state` is "waiting", "running" or "terminated", with `reason` and `message` as Kubernetes has
    them; `exit_code` is that of the last end, None before it.
    """

    name: str
    state: str
    ready: bool
    restarts: int
    reason: str | None
    message: str | None
    exit_code: int | None

    @classmethod
    def of(cls, name: str, status: JSON) -> Self:
        """Make one from an entry of `containerStatuses`; an empty one if there is none yet."""
        state, told = next(iter((status.get("state") or {"waiting": {}}).items()))
        ended = told if state == "terminated" else status.get("lastState", {}).get("terminated", {})
        return cls(
            name,
            state,
            status.get("ready", False),
            status.get("restartCount", 0),
            told.get("reason"),
            told.get("message"),
            ended.get("exitCode"),
        )
