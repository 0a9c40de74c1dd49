"""What the watcher has told of one pod: who took which port, and who was refused one."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from minipod.sandbox.protocol import SANDBOX_GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from minipod.engine.losers import Losers
    from minipod.engine.pod_state import PodState
    from minipod.model.binds import BindCall
    from minipod.model.observed import Attempt
    from minipod.plan.refusals import Refusal

_TAKEN = 1024
"""Sockets of a pod of which it is remembered when they got their port."""

_REFUSED = 64
"""Refusals of a pod that its status may still speak of."""


@dataclass(slots=True)
class WatchedPod:
    """A pod whose binds are heard of. `groups` names its containers by their control groups."""

    state: PodState
    groups: dict[int, str] = field(default_factory=dict)
    taken: OrderedDict[Hashable, BindCall] = field(default_factory=OrderedDict)
    refusals: deque[Refusal] = field(default_factory=lambda: deque(maxlen=_REFUSED))

    def regroup(self, names: Mapping[int, str]) -> None:
        """Take note of the pod's control groups, made anew with its sandbox."""
        self.groups = {id_: name for id_, name in names.items() if name != SANDBOX_GROUP}

    def took(self, container: str, call: BindCall) -> None:
        """Remember who has got a port, and since when; who waited for it waits no more."""
        socket = call.inode or (call.protocol, call.family, call.address, call.port)
        self.taken[socket] = call
        self.taken.move_to_end(socket)
        if len(self.taken) > _TAKEN:
            self.taken.popitem(last=False)
        got = (container, call.protocol, call.port)
        over = [
            refusal
            for refusal in self.refusals
            if not refusal.over and (refusal.container, refusal.protocol, refusal.port) == got
        ]
        self._replace(over, lambda refusal: replace(refusal, over=True))

    def refused(self, refusal: Refusal, losers: Losers) -> None:
        """Remember who was refused a port, for as long as that one lives or is of interest."""
        pid = refusal.pid
        if pid is not None and losers.watch(pid, lambda: self._ended(pid)):
            refusal = replace(refusal, alive=True)
        told = (refusal.container, refusal.pid, refusal.explanation)
        others = [r for r in self.refusals if (r.container, r.pid, r.explanation) != told]
        self.refusals.clear()
        self.refusals.extend([*others, refusal])
        self.state.on_change()

    def group_of_first(self, pid: int, time: float) -> int | None:
        """Return the group of the container whose first process had a pid at a time, or None."""
        for id_, name in self.groups.items():
            facts = self.state.history.containers.get(name)
            attempts = (facts.current, facts.previous) if facts is not None else ()
            if any(each is not None and _was(each, pid, time) for each in attempts):
                return id_
        return None

    def was_refused(self, container: str, since: float) -> bool:
        """Return whether a container was refused a port from then on."""
        return any(r.container == container and r.time >= since for r in self.refusals)

    def _ended(self, pid: int) -> None:
        dead = [refusal for refusal in self.refusals if refusal.pid == pid and refusal.alive]
        self._replace(dead, lambda refusal: replace(refusal, alive=False))

    def _replace(self, some: list[Refusal], change: Callable[[Refusal], Refusal]) -> None:
        if not some:
            return
        changed = [change(each) if each in some else each for each in self.refusals]
        self.refusals.clear()
        self.refusals.extend(changed)
        self.state.on_change()


def _was(attempt: Attempt, pid: int, time: float) -> bool:
    end = time if attempt.finished is None else attempt.finished
    return attempt.pid == pid and attempt.started <= time <= end
