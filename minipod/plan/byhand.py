"""What is done to the kernel, in the words of the commands that do the same by hand.

Nothing here is run: minipod speaks to the kernel itself. It is what `minipod -v` shows, for people
who know ip and nft, or who want to.
"""

from __future__ import annotations

import shlex
import signal
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.host_ports import EVERY_ADDRESS
from minipod.plan.claims import CLAIM_METRIC
from minipod.plan.network import FABRIC_BRIDGE, HOST_PORT, POD_BRIDGE, UPLINK, mac_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Address

    from minipod.plan.host_ports import Publication
    from minipod.plan.network import NetworkPlan, NodePlan


_MASQUERADING = "{ type nat hook postrouting priority srcnat; }"


class Deed(NamedTuple):
    """One thing that was done: what it is about in a word, the command by hand, and what to know.

    Without a `command` there is none that does the same, and `text` tells all.
    """

    what: str
    command: str = ""
    text: str = ""


def groups(folder: str, names: Iterable[str]) -> list[Deed]:
    """Return how control groups are made; `folder` is below the mount of cgroup2."""
    below = ",".join(names)
    paths = f"{folder}/{{{below}}}" if "," in below else f"{folder}/{below}"
    return [Deed("cgroup", f"mkdir -p {paths}", "in the tree of cgroup2")]


def sandbox(pid: int, hostname: str) -> list[Deed]:
    """Return how the process is born that holds a pod's namespaces."""
    text = f"forked from the zygote: pid {pid}, hostname {hostname}"
    return [Deed("sandbox", "unshare --fork --net --uts --ipc --pid --mount", text)]


def name(given: str, pid: int) -> list[Deed]:
    """Return how a namespace gets its name in `ip netns list`."""
    return [Deed("name", f"ln -s /proc/{pid}/ns/net /run/netns/{given}")]


def address(taken: IPv4Address, node: NodePlan) -> list[Deed]:
    """Return that an address was taken."""
    return [Deed("address", text=f"{taken} taken of {node.cidr}, the pods of node {node.name}")]


def address_freed(freed: IPv4Address) -> list[Deed]:
    """Return that an address was given back."""
    return [Deed("address", text=f"{freed} given back: the last to be used again")]


def link(name: str, taken: IPv4Address, node: str, pod: str) -> list[Deed]:
    """Return how a pod's veth is made; `node` and `pod` are names of namespaces."""
    mac = mac_address(taken).hex(":")
    return [
        Deed(
            "link",
            f"ip -n {node} link add {name} up master {POD_BRIDGE} type veth "
            f"peer name eth0 address {mac} netns {pod}",
            "born in place, in one message",
        )
    ]


def inside(pod: str, taken: IPv4Address, node: NodePlan) -> list[Deed]:
    """Return what a pod's sandbox does to its own interfaces."""
    commands = (
        ("link", "link set lo up"),
        ("link", "link set eth0 addrgenmode none"),
        ("link", "ntable change name arp_cache dev eth0 retrans 100"),
        ("link", "link set eth0 up"),
        ("address", f"address replace {taken}/{node.cidr.prefixlen} dev eth0"),
        ("route", f"route replace default via {node.gateway}"),
    )
    return [Deed(what, f"ip -n {pod} {command}") for what, command in commands]


def link_removed(name: str, node: str) -> list[Deed]:
    """Return how a pod's veth is removed."""
    return [Deed("link", f"ip -n {node} link delete {name}")]


def container(name: str, argv: Sequence[str], pid: int, *, shares_files: bool) -> list[Deed]:
    """Return that a container was started."""
    root = "the host's files" if shares_files else "overlay of the host's files as its root"
    text = (
        f"{name}: clone3 with namespaces pid and mnt into its control group, {root}, "
        f"execve {shlex.join(argv)}: pid {pid}"
    )
    return [Deed("container", text=text)]


def container_failed(name: str, why: str) -> list[Deed]:
    """Return that a container could not be started."""
    return [Deed("container", text=f"{name}: {why}")]


def signalled(name: str, number: int, pid: int) -> list[Deed]:
    """Return that a container's first process was sent a signal."""
    word = signal.Signals(number).name.removeprefix("SIG")
    return [Deed("signal", f"kill -{word} {pid}", f"container {name}")]


def container_ended(name: str, code: int, number: int, ran: float) -> list[Deed]:
    """Return that a container has ended, after so many seconds."""
    by = f", by {signal.Signals(number).name}" if number else ""
    return [Deed("container", text=f"{name} ended: exit code {code}{by}, it ran {ran:.1f} s")]


def sandbox_ended(pid: int, link: str) -> list[Deed]:
    """Return how a pod's sandbox is ended: with it go its namespaces."""
    gone = f"everything in the pod ends, and link {link} with its namespace"
    return [Deed("sandbox", f"kill -KILL {pid}", gone)]


def cleared(folder: str, names: Sequence[str]) -> list[Deed]:
    """Return how what a sandbox left is removed: its names, its control groups."""
    return [
        *(Deed("name", f"rm /run/netns/{given}") for given in names),
        Deed("cgroup", f"echo 1 > {folder}/cgroup.kill"),
        Deed("cgroup", f"find {folder} -depth -type d -exec rmdir {{}} +"),
    ]


def folder_removed(folder: str) -> list[Deed]:
    """Return how a pod's files are removed: while others go on."""
    return [Deed("files", f"rm -r {shlex.quote(folder)} &", "journal and logs")]


def fabric(plan: NetworkPlan, name: str) -> list[Deed]:
    """Return how host and fabric are joined; `name` is the fabric's namespace."""
    host, port, size = plan.host_link, HOST_PORT, plan.fabric.prefixlen
    here, there = (mac_address(end).hex(":") for end in (plan.fabric_address, plan.host_address))
    leaving = f"ip saddr {plan.cluster} ip daddr != {plan.cluster} oifname != {host}"
    commands = (
        f"ip route add unreachable {plan.cluster} metric {CLAIM_METRIC}",
        f"ip netns exec {name} sysctl -w net.ipv4.ip_forward=1",
        f"ip -n {name} link add {FABRIC_BRIDGE} address {here} type bridge",
        f"ip -n {name} address add {plan.fabric_address}/{size} dev {FABRIC_BRIDGE}",
        f"ip -n {name} link set {FABRIC_BRIDGE} up",
        f"ip -n {name} route add unreachable {plan.cluster} metric {CLAIM_METRIC}",
        f"ip link add {host} address {there} type veth peer name {port} netns {name}",
        f"ip link set {host} alias '{plan.mark}'",
        f"ip address add {plan.host_address}/{size} dev {host}",
        f"ip link set {host} up",
        f"ip route add {plan.cluster} via {plan.fabric_address} dev {host}",
        f"ip -n {name} link set {port} master {FABRIC_BRIDGE} up",
        f"ip -n {name} route replace default via {plan.host_address}",
        "sysctl -w net.ipv4.ip_forward=1",
        f"nft add table ip {plan.table}",
        f"nft add chain ip {plan.table} postrouting '{_MASQUERADING}'",
        f"nft add rule ip {plan.table} postrouting {leaving} masquerade",
    )
    return [Deed("fabric", command) for command in commands]


def node(plan: NetworkPlan, node: NodePlan, fabric: str, name: str) -> list[Deed]:
    """Return how a node is joined to the fabric; `fabric` and `name` are their namespaces."""
    mac = mac_address(node.gateway).hex(":")
    peer = f"name {UPLINK} address {mac_address(node.address).hex(':')}"
    commands = (
        f"ip netns exec {name} sysctl -w net.ipv4.ip_forward=1",
        f"ip -n {fabric} link add {node.uplink} type veth peer {peer} netns {name}",
        f"ip -n {fabric} link set {node.uplink} master {FABRIC_BRIDGE} up",
        f"ip -n {name} address add {node.address}/{plan.fabric.prefixlen} dev {UPLINK}",
        f"ip -n {name} link set {UPLINK} up",
        f"ip -n {name} link add {POD_BRIDGE} address {mac} type bridge",
        f"ip -n {name} address add {node.gateway}/{node.cidr.prefixlen} dev {POD_BRIDGE}",
        f"ip -n {name} link set {POD_BRIDGE} up",
        f"ip -n {name} route replace default via {plan.fabric_address}",
        f"ip -n {fabric} route replace {node.cidr} via {node.address}",
    )
    return [Deed("node", command) for command in commands]


def published(plan: NetworkPlan, wanted: Sequence[Publication]) -> list[Deed]:
    """Return which ports of the machine lead to a pod by now."""
    rule = f"nft add rule ip {plan.table} hostport-table"
    if not wanted:
        return [Deed("nft", text=f"table {plan.table}: no port of the machine leads to the pod")]
    return [
        Deed(
            "nft",
            f"{rule} {_port(each)} dnat to {each.address}:{each.port.container_port}",
            f"{each.owner}, on the machine and on the node",
        )
        for each in wanted
    ]


def host_cleared(plan: NetworkPlan, *, forwarding: bool) -> list[Deed]:
    """Return how the machine is left as it was; `forwarding`: minipod had switched it on."""
    commands = [
        f"nft delete table ip {plan.table}",
        f"ip link delete {plan.host_link}",
        f"ip route delete unreachable {plan.cluster} metric {CLAIM_METRIC}",
    ]
    if forwarding:
        commands.append("sysctl -w net.ipv4.ip_forward=0  # unless somebody else forwards")
    return [Deed("host", command) for command in commands]


def _port(publication: Publication) -> str:
    port = publication.port
    where = "" if port.host_ip == EVERY_ADDRESS else f"ip daddr {port.host_ip} "
    return f"{where}{port.protocol.lower()} dport {port.host_port}"
