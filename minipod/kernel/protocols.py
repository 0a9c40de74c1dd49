"""What the engine asks of the host's network. `network` does it; `fake` plays it for unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from ipaddress import IPv4Address, IPv4Network

    from minipod.model.host_ports import HostPort, Taken
    from minipod.plan.host_ports import Publication
    from minipod.plan.network import NetworkPlan, NodePlan


class Namespace(Protocol):
    """A network namespace, held by a sandbox; the server never enters it."""

    @property
    def netns(self) -> int:
        """A descriptor of the namespace, for IFLA_NET_NS_FD. Not the caller's to close."""

    async def socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a socket made inside the namespace."""

    async def sysctl(self, values: Mapping[str, str]) -> None:
        """Set kernel settings of the namespace, as {"net/ipv4/ip_forward": "1"}. HostError."""


class Network(Protocol):
    """The links, routes and rules of one root.

    Every `ensure_` can be called again after anything: it creates, tolerates what exists, and
    verifies that what exists is ours and as meant; HostError if it is somebody else's. Every
    removal succeeds when there is nothing, goes on after an error, and reports all in one
    HostError.
    """

    async def claim(self, root_id: str, candidates: Iterable[IPv4Network]) -> IPv4Network:
        """Return the first candidate that the host does not route, and claim it.

        The claim is the unreachable route for the CIDR in the host's own table, made with
        NLM_F_EXCL, so that of two roots at once one gets it. A candidate is taken when it overlaps
        any route but the default one. HostError when all are taken. A claim that this root holds
        already (by its own link's routes) counts as free.
        """

    async def claimed(self, root_id: str) -> Mapping[IPv4Network, bool]:
        """Return what a root has claimed on the host, also one whose folder was removed.

        The value tells whether minipod switched the host's forwarding on.
        """

    async def forwarding(self) -> bool:
        """Return whether the host forwards IPv4 without minipod's doing, this root's or another's.

        Ask after `claim`, and record the answer before `ensure_fabric`.
        """

    async def ensure_fabric(self, plan: NetworkPlan, fabric: Namespace) -> list[str]:
        """Join host and fabric: bridge, veth, addresses, routes, nft table, host's ip_forward.

        Returns warnings: what could not be had (no nft: no egress; Docker's FORWARD DROP) and why.
        """

    async def ensure_node(
        self, plan: NetworkPlan, node: NodePlan, fabric: Namespace, namespace: Namespace
    ) -> None:
        """Join a node to the fabric: its bridge `pods0`, its uplink `eth0`, routes, sysctls."""

    async def connect_pod(
        self, link: str, address: IPv4Address, node: Namespace, pod: Namespace
    ) -> None:
        """Make the pod's link: `link` a port of the node's `pods0`, the peer `eth0` in the pod.

        One RTM_NEWLINK: born in place, MAC derived from the address, not yet up inside (the
        sandbox does that). HostError if it fails; then nothing is left.
        """

    async def disconnect_pod(self, link: str, node: Namespace) -> None:
        """Remove a pod's link; nothing happens if it is gone."""

    def hold_host_port(self, port: HostPort) -> socket.socket:
        """Return a socket on the machine that has a port, so that no other program gets it.

        StepFailed: with EADDRINUSE somebody has it.
        """

    async def host_ports_taken(self, ports: Iterable[HostPort]) -> list[Taken]:
        """Return which ports a program of the machine listens on, and which one, if that shows."""

    def host_ports_bound(self) -> set[int]:
        """Return the numbers of all ports on which something of the machine listens."""

    async def publish(
        self,
        plan: NetworkPlan,
        node: NodePlan,
        namespace: Namespace,
        wanted: Sequence[Publication],
    ) -> None:
        """Have these host ports lead to their pods, and no others of this root. HostError."""

    async def cut_flows(
        self, node: NodePlan, namespace: Namespace, ports: Collection[HostPort]
    ) -> None:
        """Forget the flows to host ports, in the machine and in the node. HostError."""

    def forget(self, namespace: Namespace) -> None:
        """Let go of a namespace whose sandbox ended: an open socket in it would keep it alive."""

    async def remove(self, plan: NetworkPlan, *, restore_forwarding: bool) -> None:
        """Remove all that the host's namespace has of this root.

        `restore_forwarding`: switch ip_forward off again, if no other forwarder needs it (another
        root's table, Docker, libvirt: any other interface with forwarding rules).
        """
