"""Pods and journal records for the tests of decisions."""

from __future__ import annotations

from typing import Any

from minipod.model.observed import History
from minipod.model.pod import Pod, view
from minipod.plan.history import fold
from minipod.plan.lifecycle import PodFacts, SandboxState
from minipod.plan.process import process


def pod(*names: str, policy: str = "Always", **container: Any) -> Pod:
    return view(
        {
            "metadata": {"name": "web", "namespace": "default", "uid": "u-1"},
            "spec": {
                "restartPolicy": policy,
                "containers": [
                    {"name": name, "command": ["sleep", "9"]} | container
                    for name in names or ("app",)
                ],
            },
        }
    )


def living(of: Pod, history: History | None = None, **changes: Any) -> PodFacts:
    """Facts of a pod that has all but its containers."""
    return PodFacts(
        of,
        {each.name: process(each, of.hostname, {}) for each in of.spec.containers},
        **(
            {"has_address": True, "sandbox": SandboxState.READY, "wired": True}
            | {"history": history or History()}
            | changes
        ),
    )


def started(
    name: str = "app", attempt: int = 0, time: float = 100.0, image: str | None = None
) -> dict[str, Any]:
    return {
        "event": "started",
        "time": time,
        "name": name,
        "attempt": attempt,
        "id": f"{name}-{attempt}",
        "pid": 7,
    } | ({} if image is None else {"image": image})


def exited(
    name: str = "app",
    attempt: int = 0,
    time: float = 110.0,
    code: int = 1,
    restart_at: float | None = None,
) -> dict[str, Any]:
    return {
        "event": "exited",
        "time": time,
        "name": name,
        "attempt": attempt,
        "id": f"{name}-{attempt}",
        "code": code,
        "signal": code - 128 if code > 128 else 0,
        "started": time - 10,
        "restart_at": restart_at,
    }


def history(*records: dict[str, Any]) -> History:
    return fold(History(), records)
