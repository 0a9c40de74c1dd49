"""The runs of containers, read from a Pod's status: which there were, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    JSON = dict[str, Any]

_OVER = frozenset({"Succeeded", "Failed"})


class ContainerId(NamedTuple):
    """One container of one pod."""

    uid: str
    name: str


class Run(NamedTuple):
    """One run of a container: the first has the number 0."""

    container: ContainerId
    attempt: int


class ContainerRuns(NamedTuple):
    """What a status tells of a container's runs.

    `newest` is the last one that began (None: none yet), `ended` maps runs to exit codes; only the
    last two are told.
    """

    name: str
    init: bool
    newest: int | None
    running: bool
    ended: dict[int, int]


def containers(pod: JSON) -> Iterator[ContainerRuns]:
    """Yield the runs of each container, those of init containers first."""
    status = pod.get("status") or {}
    for one in status.get("initContainerStatuses") or ():
        yield _runs(one, init=True)
    for one in status.get("containerStatuses") or ():
        yield _runs(one, init=False)


def names(pod: JSON) -> list[str]:
    """Return the names of a pod's containers, init containers first."""
    spec = pod["spec"]
    return [one["name"] for one in (*(spec.get("initContainers") or ()), *spec["containers"])]


def runs_now(pod: JSON, run: Run) -> bool:
    """Return whether a run goes on, as a later state of its pod tells."""
    return any(
        one.name == run.container.name and one.running and one.newest == run.attempt
        for one in containers(pod)
    )


def is_over(pod: JSON) -> bool:
    """Return whether all of a pod's containers have ended for good."""
    return (pod.get("status") or {}).get("phase") in _OVER


def _runs(status: JSON, *, init: bool) -> ContainerRuns:
    state, count = status.get("state") or {}, status.get("restartCount", 0)
    last = (status.get("lastState") or {}).get("terminated")
    running, now = "running" in state, state.get("terminated")
    newest: int | None = count
    ended = {}
    if running or now:
        if last and count:
            ended[count - 1] = last["exitCode"]
        if now:
            ended[count] = now["exitCode"]
    elif last:  # it waits for its next run
        ended[count] = last["exitCode"]
    else:
        newest = None
    return ContainerRuns(status["name"], init, newest, running, ended)
