"""How a pod ended that somebody stayed attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.kinds import PODS
from minipod.client.targets import Target
from minipod.client.waits import waiting

if TYPE_CHECKING:
    from minipod.client.api import Api

    JSON = dict[str, Any]

_ENDED = frozenset({"Succeeded", "Failed"})
_FOREVER = -1.0


class Ended(NamedTuple):
    """The pod will run nothing any more: a condition to wait for."""

    of_none: bool = False

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds."""
        return obj is not None and (obj.get("status") or {}).get("phase") in _ENDED


def wait(api: Api, pod: JSON) -> JSON:
    """Return a pod once it has ended. NotFound if it is deleted before."""
    metadata = pod["metadata"]
    target = Target(PODS, metadata["namespace"], metadata["name"])
    (outcome,) = waiting.wait(api, [target], Ended(), _FOREVER)
    if outcome.error is not None:
        raise outcome.error
    assert outcome.obj is not None
    return outcome.obj


def exit_code(pod: JSON, container: str) -> int:
    """Return the exit code of a container that has ended; 1 if nobody knows it."""
    for one in pod["status"].get("containerStatuses", ()):
        ended = one.get("state", {}).get("terminated")
        if one["name"] == container and ended is not None:
            return int(ended["exitCode"])
    return 1
