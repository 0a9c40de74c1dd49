"""A root's network on the host that the tests play, put together as the engine does it."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest

from minipod.kernel.network import HostNetwork
from minipod.plan.network import NODE_PREFIX, NetworkPlan, NodePlan
from minipod.sandbox import interfaces
from tests.support import host
from tests.support.namespaces import HeldNamespace
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLUSTER = IPv4Network("10.244.0.0/16")


class Cluster:
    """A root's network: fabric, one node, and pods, each in a namespace of its own."""

    def __init__(self, root_id: str, make: Callable[[], HeldNamespace]) -> None:
        self.root_id = root_id
        self.network = HostNetwork()
        self._make = make
        self.fabric, self.node = make(), make()
        self.plan = NetworkPlan(root_id, CLUSTER)

    @property
    def place(self) -> NodePlan:
        return self.plan.node("host", 0)

    def build(self, *wanted: IPv4Network) -> list[str]:
        """Claim a CIDR and build fabric and node; return the warnings."""

        async def building() -> list[str]:
            cidr = await self.network.claim(self.root_id, wanted or (CLUSTER,))
            self.plan = NetworkPlan(self.root_id, cidr)
            return await self.join()

        return asyncio.run(building())

    async def join(self) -> list[str]:
        warnings = await self.network.ensure_fabric(self.plan, self.fabric)
        await self.network.ensure_node(self.plan, self.place, self.fabric, self.node)
        return warnings

    def pod(self, number: int) -> HeldNamespace:
        """Connect a pod with the node's address `number`, and set it up as its sandbox does."""
        pod, address = self._make(), self.address(number)
        asyncio.run(self.network.connect_pod(f"pod{number}", address, self.node, pod))
        gateway = str(self.place.gateway)
        pod.inside(lambda: interfaces.configure(str(address), NODE_PREFIX, gateway))
        return pod

    def address(self, number: int) -> IPv4Address:
        return self.place.cidr[number]

    def remove(self, *, restore_forwarding: bool = True) -> None:
        self.network.forget(self.node)
        asyncio.run(self.network.remove(self.plan, restore_forwarding=restore_forwarding))


@pytest.fixture
def namespace() -> Iterator[Callable[[], HeldNamespace]]:
    """Give a maker of namespaces, which end with the test."""
    made: list[HeldNamespace] = []

    def make() -> HeldNamespace:
        made.append(HeldNamespace())
        return made[-1]

    yield make
    for held in made:
        held.end()


@pytest.fixture
def make_cluster(namespace: Callable[[], HeldNamespace]) -> Iterator[Callable[[str], Cluster]]:
    """Give a maker of roots' networks; after the test the host must be as it was before."""
    before = host.snapshot()
    made: list[Cluster] = []

    def make(root_id: str) -> Cluster:
        made.append(Cluster(root_id, namespace))
        return made[-1]

    yield make
    for cluster in made:
        cluster.remove()
    eventually(lambda: not before.difference(host.snapshot()))


@pytest.fixture
def cluster(make_cluster: Callable[[str], Cluster]) -> Cluster:
    """Give a network that is built."""
    made = make_cluster("00aa11")
    assert made.build() == []
    return made
