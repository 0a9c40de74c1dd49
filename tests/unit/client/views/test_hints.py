"""What keeps a pod from running is told, with the pod or the container that it is about."""

from __future__ import annotations

from typing import Any

from minipod.client.views.hints import hints


def pod(*statuses: dict[str, Any], **conditions: str) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": "web"},
        "status": {
            "containerStatuses": list(statuses),
            "conditions": [
                {"type": kind.replace("_", "/"), "status": "False", "message": message}
                for kind, message in conditions.items()
            ],
        },
    }


def state(name: str, **state: Any) -> dict[str, Any]:
    return {"name": name, "state": state}


def test_all_is_told_and_nothing_of_what_is_well() -> None:
    unmapped = {"reason": "ImageNotMapped", "message": "map it"}
    creating = {"reason": "ContainerCreating", "message": "no veth"}
    failed = {"reason": "StartError", "message": "no such file"}
    found = hints(
        pod(
            state("a", waiting=unmapped),
            state("b", waiting=creating),
            state("c", running={}),
            state("d", terminated=failed),
            PodScheduled="no room",
            **{"minipod.dev_HostReady": "one\ntwo"},
        )
    )
    assert list(found) == [
        "pod/web waits: no room",
        'container "a" of pod/web waits: map it',
        "pod/web does not come up: no veth",
        "one",
        "two",
        'container "d" of pod/web does not start: no such file',
    ]
    assert list(hints(pod(state("a", running={}), state("b", waiting={})))) == []
    assert list(hints({"kind": "Namespace", "metadata": {"name": "lab"}})) == []
