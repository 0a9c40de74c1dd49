"""A network in memory, with the behaviour of the real one: for tests without a kernel."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minipod.errors import HostError, StepFailed
from minipod.plan.claims import CidrClaim, HostRoute, any_switched, claimed, held, is_free, others
from minipod.plan.network import NetworkPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from ipaddress import IPv4Address, IPv4Network

    from minipod.kernel.protocols import Namespace
    from minipod.model.host_ports import HostPort, Taken
    from minipod.plan.host_ports import Publication
    from minipod.plan.network import NodePlan


@dataclass
class FakeHost:
    """A host that several roots can share."""

    routes: list[HostRoute] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """The alias of each link, by its name."""
    forwards: bool = False
    taken: list[Taken] = field(default_factory=list)
    """The ports that its programs have."""
    held: list[tuple[HostPort, socket.socket]] = field(default_factory=list)
    """The ports that sockets keep, as long as those are open."""


class FakeNetwork:
    """Plays `protocols.Network`."""

    def __init__(self, host: FakeHost | None = None) -> None:
        self.host = host or FakeHost()
        self.warnings: list[str] = []
        self.pods: dict[Namespace, IPv4Address] = {}
        self.published: tuple[Publication, ...] = ()
        self.unpublishable: str | None = None
        self._ports: dict[Namespace, dict[str, Namespace]] = {}

    async def claim(self, root_id: str, candidates: Iterable[IPv4Network]) -> IPv4Network:
        """Return the first candidate that the host does not route, and claim it."""
        for cidr in candidates:
            link = NetworkPlan(root_id, cidr).host_link
            if is_free(cidr, self.host.routes, root_id, link):
                if cidr not in held(self.host.routes, root_id):
                    switched = not self.host.forwards or any_switched(self.host.routes)
                    self.host.routes.append(HostRoute(cidr, claim=CidrClaim(root_id, switched)))
                return cidr
        raise HostError("cannot claim a pod network: every block is taken")

    async def claimed(self, root_id: str) -> Mapping[IPv4Network, bool]:
        """Return what a root has claimed on the host."""
        return claimed(self.host.routes, root_id)

    async def forwarding(self) -> bool:
        """Return whether the host forwards IPv4 without minipod's doing."""
        return self.host.forwards and not any_switched(self.host.routes)

    async def ensure_fabric(self, plan: NetworkPlan, fabric: Namespace) -> list[str]:
        """Join host and fabric."""
        self._check_own(plan)
        self._ports.setdefault(fabric, {})
        self.host.links[plan.host_link] = plan.mark
        self.host.forwards = True
        return list(self.warnings)

    async def ensure_node(
        self, plan: NetworkPlan, node: NodePlan, fabric: Namespace, namespace: Namespace
    ) -> None:
        """Join a node to the fabric."""
        if fabric not in self._ports:
            raise HostError(f"cannot join node {node.name} of {plan.cluster}: no fabric")
        self._ports.setdefault(namespace, {})

    async def connect_pod(
        self, link: str, address: IPv4Address, node: Namespace, pod: Namespace
    ) -> None:
        """Make the pod's link."""
        ports = self._ports.get(node)
        if ports is None:
            raise HostError(f"cannot make link {link}: No such device")
        if link in ports or pod in self.pods:
            raise HostError(f"cannot make link {link}: File exists")
        ports[link] = pod
        self.pods[pod] = address

    async def disconnect_pod(self, link: str, node: Namespace) -> None:
        """Remove a pod's link; nothing happens if it is gone."""
        pod = self._ports.get(node, {}).pop(link, None)
        if pod is not None:
            del self.pods[pod]

    def hold_host_port(self, port: HostPort) -> socket.socket:
        """Return a socket that has a port, unless a program of the host has it."""
        self.host.held = [each for each in self.host.held if each[1].fileno() >= 0]
        others = [taken.port for taken in self.host.taken] + [held for held, _ in self.host.held]
        if any(other.overlaps(port) for other in others):
            raise StepFailed(f"open hostPort {port}", "in use", errno=errno.EADDRINUSE)
        bound = socket.socket(socket.AF_UNIX)
        self.host.held.append((port, bound))
        return bound

    async def host_ports_taken(self, ports: Iterable[HostPort]) -> list[Taken]:
        """Return which ports a program of the host has."""
        known = self.host.taken
        return [taken._replace(port=p) for p in ports for taken in known if taken.port.overlaps(p)]

    def host_ports_bound(self) -> set[int]:
        """Return the numbers of the ports that programs of the host have."""
        return {taken.port.host_port for taken in self.host.taken}

    async def publish(
        self,
        plan: NetworkPlan,
        node: NodePlan,
        namespace: Namespace,
        wanted: Sequence[Publication],
    ) -> None:
        """Have these host ports lead to their pods, and no others."""
        self._check_own(plan)
        if namespace not in self._ports:
            raise HostError(f"cannot publish on node {node.name}: it is not joined")
        if self.unpublishable is not None:
            raise HostError(self.unpublishable)
        self.published = tuple(wanted)

    async def cut_flows(
        self, node: NodePlan, namespace: Namespace, ports: Collection[HostPort]
    ) -> None:
        """Forget flows: there are none."""

    def forget(self, namespace: Namespace) -> None:
        """Let go of a namespace whose sandbox ended: all that was in it is gone."""
        for pod in self._ports.pop(namespace, {}).values():
            self.pods.pop(pod, None)

    async def remove(self, plan: NetworkPlan, *, restore_forwarding: bool) -> None:
        """Remove all that the host has of this root."""
        self._check_own(plan)
        self.host.links.pop(plan.host_link, None)
        self.host.routes = [
            route
            for route in self.host.routes
            if not (route.claim and route.claim.root_id == plan.root_id)
        ]
        if restore_forwarding and not others(self.host.routes, plan.root_id):
            self.host.forwards = False

    def _check_own(self, plan: NetworkPlan) -> None:
        if self.host.links.get(plan.host_link, plan.mark) != plan.mark:
            raise HostError(f"cannot use link {plan.host_link}: it is not minipod's")
