"""The Node object of this machine: made once, and brought up to date by every server."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from minipod.model.times import timestamp
from minipod.plan.narration import EventType, Note
from minipod.plan.objects import node_capacity, node_info, node_object, rebooted, with_network
from minipod.store.protocol import Key

if TYPE_CHECKING:
    from minipod.engine.cluster import Cluster
    from minipod.engine.events import Events
    from minipod.engine.hands import Hands
    from minipod.model.pod import JSON
    from minipod.plan.network import NodePlan


class Node:
    """Writes the object. Its bootID is the record of which boot the store was last used in."""

    def __init__(self, hands: Hands, cluster: Cluster, events: Events) -> None:
        self._hands = hands
        self._cluster = cluster
        self._events = events
        self._key = Key("Node", "", hands.node_name)
        self._told: NodePlan | None = None

    @property
    def rebooted(self) -> bool:
        """Whether the machine has booted since a server last came to `refresh`."""
        node = self._hands.store.get(self._key)
        return node is not None and rebooted(node, self._hands.machine)

    def ensure(self) -> None:
        """Have the object; what it tells of the machine may be of an earlier boot."""
        if self._hands.store.get(self._key) is None:
            now = timestamp(self._hands.clock())
            self._hands.store.create(node_object(self._hands.machine, str(uuid.uuid4()), now))
            self._told = None

    def refresh(self) -> None:
        """Have it tell of the machine as it is now, and say once that it was rebooted.

        Both in one transaction: so neither is missed, and neither is told twice.
        """
        store, machine = self._hands.store, self._hands.machine
        node = self._object()
        with store.transaction():
            if rebooted(node, machine):
                message = f"Node {machine.name} has been rebooted, boot id: {machine.boot_id}"
                self._events.record(node, Note(EventType.WARNING, "Rebooted", message))
            node["status"] |= {
                "nodeInfo": node_info(machine),
                "capacity": node_capacity(machine),
                "allocatable": node_capacity(machine),
            }
            store.update(node)
        self.tell_place()

    def tell_place(self) -> None:
        """Have it say where it is in the network, if there is one; once, for every pod asks."""
        place = self._cluster.node
        if place is not None and place is not self._told:
            self._hands.store.update(with_network(self._object(), place))
            self._told = place

    def _object(self) -> JSON:
        node = self._hands.store.get(self._key)
        assert node is not None
        return node
