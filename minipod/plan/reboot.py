"""What a reboot means for a pod, as the kubelet and its runtime read it.

What ran has ended, and nobody saw how: exit code 255, reason Unknown (containerd: loadContainer).
What is started again then is the restart policy's to say: the records are facts, no decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.model.times import parse_timestamp
from minipod.plan.status import ID_SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.model.observed import History
    from minipod.model.pod import JSON


def after_reboot(history: History, status: JSON, boot_id: str, now: float) -> list[dict[str, Any]]:
    """Return the journal records that tell of a reboot which `boot_id` began.

    `history` is what the journal told, `status` what the object does. The machine may have lost the
    journal's last records, or all: an attempt that only the status knows is recorded again.
    """
    return [*_lost(history, status), {"event": "rebooted", "time": now, "boot": boot_id}]


def _lost(history: History, status: JSON) -> Iterator[dict[str, Any]]:
    for container in status.get("containerStatuses", ()):
        name, number = container["name"], container["restartCount"]
        known = history.containers.get(name)
        if "containerID" not in container or (known is not None and known.current.number >= number):
            continue  # it never began, or the journal knows as much
        attempt = {
            "name": name,
            "attempt": number,
            "id": container["containerID"].removeprefix(ID_SCHEME),
        }
        state = container["state"]
        # One that waits for its restart has no other attempt than the one that ended.
        ended = (container["lastState"] if "waiting" in state else state).get("terminated")
        if "running" in state:
            began = parse_timestamp(state["running"]["startedAt"])
            yield attempt | {"event": "started", "time": began, "pid": 0}
        elif ended is not None:
            yield attempt | {
                "event": "exited",
                "time": parse_timestamp(ended["finishedAt"]),
                "code": ended["exitCode"],
                "signal": ended.get("signal", 0),
                "started": parse_timestamp(ended["startedAt"]),
                "restart_at": None,
            }
