"""What a failed test's report is given: how its pods are, what happened, and what they wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import MinipodError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.client.client import Client
    from minipod.client.pod import Pod
    from minipod.client.values.container import Container

_LINES = 100


class Section(NamedTuple):
    """A titled part of a report."""

    title: str
    text: str


def sections(client: Client) -> Iterator[Section]:
    """Yield what is to be told of a client's namespace; nothing of one without pods and events."""
    try:
        pods = client.pods()
        if pods:
            yield Section(f"pods of {client.namespace}", "\n".join(map(_status, pods)))
        if conflicts := client.conflicts():
            text = "\n".join(f"{one.pod}: {one.explanation}" for one in conflicts)
            yield Section(f"port conflicts of {client.namespace}", text)
        if events := client.events():
            rows = [f"{one.type:8}{one.reason:16}{one.about}: {one.message}" for one in events]
            yield Section(f"events of {client.namespace}", "\n".join(rows))
        for pod in pods:
            yield from _logs(pod)
    except MinipodError as error:
        yield Section("minipod", f"cannot tell more: {error}")


def _status(pod: Pod) -> str:
    lines = [f"{pod.name}: {pod.phase}, {'ready' if pod.ready else 'not ready'}, {pod.ip}"]
    return "\n".join([*lines, *(f"  {_container(one)}" for one in pod.containers)])


def _container(one: Container) -> str:
    words = [f"{one.name}: {one.state}", one.reason, one.message]
    if one.exit_code is not None:
        words.append(f"last exit code {one.exit_code}")
    if one.restarts:
        words.append(f"{one.restarts} restarts")
    return ", ".join(word for word in words if word)


def _logs(pod: Pod) -> Iterator[Section]:
    for one in pod.containers:
        if one.restarts:
            yield from _log(pod, one.name, previous=True)
        yield from _log(pod, one.name, previous=False)


def _log(pod: Pod, container: str, *, previous: bool) -> Iterator[Section]:
    """Yield the end of a log, if there is one."""
    try:
        text = pod.logs(container=container, tail=_LINES, previous=previous)
    except MinipodError:
        return  # it never ran
    if text:
        run = ", the run before" if previous else ""
        yield Section(f"log of {pod.name}/{container}{run}", text.rstrip("\n"))
