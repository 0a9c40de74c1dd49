"""What the engine may expect of a network: held by the fake and, as root, by the kernel's."""

from __future__ import annotations

import asyncio
import errno
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError, StepFailed
from minipod.kernel.fake import FakeHost, FakeNetwork
from minipod.kernel.network import HostNetwork
from minipod.model.host_ports import parse
from minipod.plan.host_ports import Publication
from minipod.plan.network import NetworkPlan
from tests.support.namespaces import HeldNamespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minipod.kernel.protocols import Namespace, Network

FIRST, SECOND = IPv4Network("10.244.0.0/16"), IPv4Network("10.245.0.0/16")
ONE, TWO = "00aa11", "00bb22"
LINK, ADDRESS = "mp00aa11", IPv4Address("10.244.0.2")


class Nowhere:
    """A namespace for the fake."""

    netns = -1

    async def socket(self, family: int, kind: int, protocol: int) -> None:
        raise NotImplementedError

    async def sysctl(self, values: object) -> None:
        raise NotImplementedError


class World:
    """A host: networks of roots on it, and namespaces."""

    def __init__(self, network: Callable[[], Network], namespace: Callable[[], Namespace]) -> None:
        self.network = network
        self.namespace = namespace

    def build(self, root_id: str = ONE) -> tuple[Network, NetworkPlan, Namespace]:
        """Build a root's network; return it, its plan and the node."""
        network, fabric, node = self.network(), self.namespace(), self.namespace()

        async def building() -> NetworkPlan:
            plan = NetworkPlan(root_id, await network.claim(root_id, [FIRST, SECOND]))
            await network.ensure_fabric(plan, fabric)
            await network.ensure_node(plan, plan.node("node", 0), fabric, node)
            return plan

        return network, asyncio.run(building()), node


@pytest.fixture(params=["fake", "kernel"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        host = FakeHost()
        yield World(lambda: FakeNetwork(host), Nowhere)  # type: ignore[arg-type]
        return
    request.getfixturevalue("host")
    held: list[HeldNamespace] = []

    def namespace() -> HeldNamespace:
        held.append(HeldNamespace())
        return held[-1]

    yield World(HostNetwork, namespace)
    for root_id in (ONE, TWO):
        for cidr in (FIRST, SECOND):
            plan = NetworkPlan(root_id, cidr)
            asyncio.run(HostNetwork().remove(plan, restore_forwarding=True))
    for one in held:
        one.end()


def test_a_root_that_claims_again_gets_what_it_has(world: World) -> None:
    network = world.network()
    assert asyncio.run(network.claim(ONE, [FIRST, SECOND])) == FIRST
    assert asyncio.run(network.claim(ONE, [FIRST, SECOND])) == FIRST


def test_two_roots_at_once_get_two_blocks(world: World) -> None:
    async def both() -> set[IPv4Network]:
        one, two = world.network(), world.network()
        return set(
            await asyncio.gather(one.claim(ONE, [FIRST, SECOND]), two.claim(TWO, [FIRST, SECOND]))
        )

    assert asyncio.run(both()) == {FIRST, SECOND}


def test_two_roots_at_once_get_blocks_apart_also_if_their_sizes_differ(world: World) -> None:
    small = IPv4Network("10.244.16.0/20")

    async def both() -> list[IPv4Network]:
        one, two = world.network(), world.network()
        return await asyncio.gather(
            one.claim(ONE, [FIRST, SECOND]), two.claim(TWO, [small, IPv4Network("10.246.0.0/16")])
        )

    one, two = asyncio.run(both())
    assert not one.overlaps(two)


def test_what_a_root_has_claimed_is_the_hosts_to_tell(world: World) -> None:
    """And that forwarding was off before: both, for a root that has lost its own records."""
    network, plan, _ = world.build()
    assert asyncio.run(world.network().claimed(ONE)) == {plan.cluster: True}
    assert asyncio.run(world.network().claimed(TWO)) == {}
    asyncio.run(network.remove(plan, restore_forwarding=True))
    assert asyncio.run(world.network().claimed(ONE)) == {}


def test_a_claim_with_every_block_taken_is_refused(world: World) -> None:
    asyncio.run(world.network().claim(ONE, [FIRST]))
    with pytest.raises(HostError, match="cannot claim"):
        asyncio.run(world.network().claim(TWO, [FIRST]))


def test_a_removed_root_leaves_its_block_to_the_next(world: World) -> None:
    network, plan, _ = world.build()
    asyncio.run(network.remove(plan, restore_forwarding=True))
    assert asyncio.run(world.network().claim(TWO, [FIRST, SECOND])) == FIRST


def test_removing_twice_is_no_error(world: World) -> None:
    network, plan, _ = world.build()
    for _ in range(2):
        asyncio.run(network.remove(plan, restore_forwarding=True))


def test_forwarding_that_minipod_switched_on_does_not_count_as_the_hosts(world: World) -> None:
    """Also not for a second root, so that the last one to go puts it back."""
    network, plan, _ = world.build()
    assert not asyncio.run(network.forwarding())
    second, other, _ = world.build(TWO)
    assert not asyncio.run(second.forwarding())
    asyncio.run(network.remove(plan, restore_forwarding=True))
    assert not asyncio.run(second.forwarding())
    asyncio.run(second.remove(other, restore_forwarding=True))
    assert not asyncio.run(second.forwarding())


def test_a_pod_is_connected_once(world: World) -> None:
    network, _, node = world.build()
    pod = world.namespace()
    asyncio.run(network.connect_pod(LINK, ADDRESS, node, pod))
    with pytest.raises(HostError, match=f"cannot make link {LINK}"):
        asyncio.run(network.connect_pod(LINK, ADDRESS, node, pod))


def test_a_pod_can_be_connected_again_after_it_was_disconnected(world: World) -> None:
    network, _, node = world.build()
    pod = world.namespace()
    for _ in range(2):
        asyncio.run(network.connect_pod(LINK, ADDRESS, node, pod))
        asyncio.run(network.disconnect_pod(LINK, node))


def test_disconnecting_what_is_not_there_is_no_error(world: World) -> None:
    network, _, node = world.build()
    asyncio.run(network.disconnect_pod(LINK, node))


def test_a_pod_cannot_be_connected_where_no_node_is(world: World) -> None:
    network = world.network()
    with pytest.raises(HostError, match=f"cannot make link {LINK}"):
        asyncio.run(network.connect_pod(LINK, ADDRESS, world.namespace(), world.namespace()))


def test_a_node_that_was_forgotten_can_be_met_again(world: World) -> None:
    network, _, node = world.build()
    network.forget(node)
    asyncio.run(network.disconnect_pod(LINK, node))
    network.forget(node)
    network.forget(node)


def test_a_host_port_is_held_once_at_a_time(world: World) -> None:
    """By one pod of one root; an address that is one of all counts, another protocol does not."""
    one, two = world.network(), world.network()
    with one.hold_host_port(parse("127.0.0.1:7070:80")):
        with pytest.raises(StepFailed) as caught:
            two.hold_host_port(parse("7070:80"))
        assert caught.value.errno == errno.EADDRINUSE
        two.hold_host_port(parse("7070:80/udp")).close()
    two.hold_host_port(parse("7070:80")).close()


def test_host_ports_are_published_again_and_taken_back(world: World) -> None:
    network, plan, node = world.build()
    publication = Publication("default/web", parse("7070:80"), ADDRESS)
    place = plan.node("node", 0)
    for wanted in ([publication], [publication], [], []):
        asyncio.run(network.publish(plan, place, node, wanted))
        asyncio.run(network.cut_flows(place, node, [publication.port]))


def test_what_nobody_has_is_not_taken(world: World) -> None:
    network = world.network()
    assert asyncio.run(network.host_ports_taken([parse("7070:80")])) == []
    assert 7070 not in network.host_ports_bound()
