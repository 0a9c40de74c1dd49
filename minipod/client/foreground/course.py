"""The course of the followed pods: what to read next, what to tell, when all is over. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.foreground.runs import ContainerId, ContainerRuns, Run, containers, is_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    JSON = dict[str, Any]


class Follow(NamedTuple):
    """Read the log of a run; `fresh`: only what it writes from now on."""

    run: Run
    fresh: bool


class Ended(NamedTuple):
    """Tell that a run is over, and what it wrote is read; `init`: of an init container."""

    run: Run
    code: int
    init: bool


class Began(NamedTuple):
    """Tell that a container began a run that is not its first."""

    run: Run


Step = Follow | Ended | Began


class _Container:
    """How far one container is followed: `next` is the run to read next, if `reading` none now."""

    def __init__(self, first: int, *, fresh: bool) -> None:
        self.next = self.told = first
        self.fresh = fresh
        self.reading = False
        self.runs = ContainerRuns("", init=False, newest=None, running=False, ended={})
        self.ended: dict[int, int] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is read, and nothing is left to read."""
        return not self.reading and self.next > _newest(self.runs)


class _Pod:
    """One pod as it was seen last."""

    def __init__(self, obj: JSON, *, made: bool) -> None:
        self.obj = obj
        self.made = made
        self.gone = False
        self.containers: dict[str, _Container] = {}


class Course:
    """All pods that are followed.

    `made` are the uids of those that were made here, and are read from the beginning; the others
    were there before, and are read from now on.
    """

    def __init__(self, made: frozenset[str]) -> None:
        self._made = made
        self._pods: dict[str, _Pod] = {}
        self._first: Ended | None = None

    def seen(self, obj: JSON) -> Iterator[Step]:
        """Take note of a pod as it is now."""
        uid = obj["metadata"]["uid"]
        pod = self._pods.setdefault(uid, _Pod(obj, made=uid in self._made))
        pod.obj = obj
        for runs in containers(obj):
            container = pod.containers.get(runs.name)
            if container is None:
                container = pod.containers[runs.name] = _begin(runs, made=pod.made)
            container.runs = runs
            container.ended |= runs.ended
            yield from self._advance(ContainerId(uid, runs.name), container)

    def gone(self, uid: str) -> None:
        """Take note that a pod was deleted."""
        if uid in self._pods:
            self._pods[uid].gone = True

    def read(self, run: Run) -> Iterator[Step]:
        """Take note that a run's log has been read to its end."""
        container = self._pods[run.container.uid].containers[run.container.name]
        container.reading, container.fresh = False, False
        container.next = run.attempt + 1
        yield from self._advance(run.container, container)

    @property
    def over(self) -> bool:
        """Whether every pod has ended or is gone, and every line is read."""
        return all(
            (pod.gone or is_over(pod.obj)) and all(one.idle for one in pod.containers.values())
            for pod in self._pods.values()
        )

    @property
    def left(self) -> set[str]:
        """The pods made here that are not gone."""
        return {uid for uid, pod in self._pods.items() if pod.made and not pod.gone}

    @property
    def read_out(self) -> bool:
        """Whether every line of the pods made here is read."""
        return all(
            one.idle for pod in self._pods.values() if pod.made for one in pod.containers.values()
        )

    @property
    def first_end(self) -> Ended | None:
        """The first run that ended; of an init container only if it failed."""
        return self._first

    def last_code(self, container: ContainerId) -> int | None:
        """Return the exit code of a container's last run that ended."""
        pod = self._pods.get(container.uid)
        found = pod.containers.get(container.name) if pod else None
        return found.ended[max(found.ended)] if found and found.ended else None

    @property
    def code(self) -> int:
        """0 if all that ended by itself succeeded, else 1; what was deleted did not."""
        return int(
            any(
                pod.obj["status"]["phase"] == "Failed"
                for pod in self._pods.values()
                if is_over(pod.obj) and "deletionTimestamp" not in pod.obj["metadata"]
            )
        )

    def _advance(self, name: ContainerId, container: _Container) -> Iterator[Step]:
        """Yield what there is to tell of a container now, and then the run to read, if one is."""
        if container.reading:
            return
        while container.told < container.next and container.told in container.ended:
            code = container.ended[container.told]
            end = Ended(Run(name, container.told), code, container.runs.init)
            if self._first is None and not (end.init and end.code == 0):
                self._first = end
            container.told += 1
            yield end
        if container.next <= _newest(container.runs):
            run = Run(name, container.next)
            if run.attempt:
                yield Began(run)
            container.reading = True
            yield Follow(run, container.fresh)


def _begin(runs: ContainerRuns, *, made: bool) -> _Container:
    if made:
        return _Container(0, fresh=False)
    newest = _newest(runs)
    return _Container(newest if runs.running else newest + 1, fresh=runs.running)


def _newest(runs: ContainerRuns) -> int:
    return -1 if runs.newest is None else runs.newest
