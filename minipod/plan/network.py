"""Where everything of one root lies in the pod network: names and addresses, from two inputs.

The layout of a cluster CIDR (10.244.0.0/16):

    10.244.0.0/24     the default node: .0.1 its bridge, .0.2 to .0.254 its 253 pods
    10.244.k.0/24     node k
    10.244.255.0/24   the fabric (the last /24): .1 the fabric's own address, which routes;
                      .2 + k node k (its hostIP); .254 the host's link
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import msgspec

NODE_PREFIX = 24
DEFAULT_CLUSTER_CIDR = IPv4Network("10.244.0.0/16")

FABRIC_BRIDGE = "fabric0"
HOST_PORT = "host"
POD_BRIDGE = "pods0"
UPLINK = "eth0"
"""In the fabric: its bridge, and the port that leads to the host. In a node: its bridge for pods,
and its end of the link to the fabric."""


def mac_address(address: IPv4Address) -> bytes:
    """Return the MAC of an interface with this address, as Kubernetes' CNI plugins derive it."""
    return b"\x0a\x58" + address.packed


def link_name(root_id: str) -> str:
    """Return how the one link of a root is called that the host's namespace has."""
    return f"minipod-{root_id}"


class NodePlan(msgspec.Struct, frozen=True):
    """A node's place: `address` is its hostIP on the fabric, `gateway` its bridge's address."""

    name: str
    index: int
    cidr: IPv4Network
    address: IPv4Address

    @property
    def gateway(self) -> IPv4Address:
        """The bridge's address: the pods' default route."""
        return self.cidr[1]

    @property
    def uplink(self) -> str:
        """The name of the fabric's port that leads to this node."""
        return f"node{self.index}"


class NetworkPlan(msgspec.Struct, frozen=True):
    """A root's network. `root_id` is six hex digits, derived from the root's real path."""

    root_id: str
    cluster: IPv4Network

    @property
    def fabric(self) -> IPv4Network:
        """The last node-sized block of the cluster CIDR: joins nodes and host."""
        return IPv4Network((int(self.cluster.broadcast_address) & ~0xFF, NODE_PREFIX))

    @property
    def fabric_address(self) -> IPv4Address:
        """The router's address in the fabric."""
        return self.fabric[1]

    @property
    def host_address(self) -> IPv4Address:
        """The host's own address on its link to the fabric."""
        return self.fabric[254]

    @property
    def host_link(self) -> str:
        """The one link that the host's namespace has of this root."""
        return link_name(self.root_id)

    @property
    def mark(self) -> str:
        """What shows on the host that a thing is this root's: an alias, a comment."""
        return f"minipod {self.root_id}"

    @property
    def table(self) -> str:
        """The one nftables table that the host's namespace has of this root."""
        return f"minipod-{self.root_id}"

    def node(self, name: str, index: int) -> NodePlan:
        """Return the place of node `index`, counted from 0."""
        cidr = IPv4Network((int(self.cluster[0]) + (index << (32 - NODE_PREFIX)), NODE_PREFIX))
        return NodePlan(name, index, cidr, self.fabric[2 + index])
