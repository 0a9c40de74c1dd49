"""The host ports that are to lead to pods, and whether the kernel has been told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipod.engine.hands import Hands
    from minipod.engine.sandboxes import Sandbox
    from minipod.plan.host_ports import Publication
    from minipod.plan.network import NetworkPlan, NodePlan

_RECORD = ("network", "published")
"""That host ports may be open: what an earlier server left is to be written anew."""


class Publications:
    """Those of all pods of a root: the kernel is told of all together."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._wanted: dict[str, tuple[Publication, ...]] = {}
        self._written: Mapping[str, tuple[Publication, ...]] | None = (
            None if hands.store.record(*_RECORD) else {}
        )
        self._losses = 0

    @property
    def are_written(self) -> bool:
        """Whether the kernel leads to pods what is to be led, and nothing else."""
        return self._written == self._wanted

    def of(self, uid: str) -> tuple[Publication, ...]:
        """Return the host ports that lead to a pod, or are to."""
        return self._wanted.get(uid, ())

    def expect(self, uid: str, publications: tuple[Publication, ...]) -> None:
        """Take note of host ports that lead to a pod, for all that the kernel has yet to tell."""
        if publications:
            self._wanted[uid] = publications
        else:
            self._wanted.pop(uid, None)

    async def write(self, plan: NetworkPlan, place: NodePlan, node: Sandbox) -> None:
        """Have the kernel lead what is to be led. HostError: then nobody knows what it does.

        Nor does anybody if what the rules are in was lost meanwhile.
        """
        self._hands.store.put_record(*_RECORD, value=True)
        wanted, self._written, losses = dict(self._wanted), None, self._losses
        every = [each for publications in wanted.values() for each in publications]
        await self._hands.network.publish(plan, place, node, every)
        if self._losses != losses:
            return
        self._written = wanted
        if not wanted:
            self._hands.store.drop_record(*_RECORD)

    def lost(self) -> None:
        """Take note that the node or the fabric went: with it its rules, or a setting of a link."""
        self._losses += 1
        if self._written:
            self._written = None

    def forget(self) -> None:
        """Take note that the root has no network any more."""
        self._wanted.clear()
        self._written = {}
        self._hands.store.drop_record(*_RECORD)
