"""A root's network in the kernel, judged by ip, ping, tcpdump's counters and nft."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from minipod.errors import HostError
from minipod.kernel import nft
from minipod.kernel.network_links import Links
from minipod.plan.claims import CLAIM_METRIC, PROTOCOL, CidrClaim
from tests.support import host
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.root.network.conftest import Cluster
    from tests.support.namespaces import HeldNamespace

RECEIVE = """
import hashlib, socket
listener = socket.create_server(("0.0.0.0", 9000))
listener.settimeout(20)
print("listening", flush=True)
peer, digest = listener.accept()[0], hashlib.sha256()
while data := peer.recv(1 << 20):
    digest.update(data)
print(digest.hexdigest(), flush=True)
"""
SEND = """
import hashlib, os, socket, sys
data = os.urandom(16 << 20)
with socket.create_connection((sys.argv[1], 9000), timeout=20) as peer:
    peer.sendall(data)
print(hashlib.sha256(data).hexdigest())
"""
AT_ONCE = 0.5
SOON = 1.5


def ping(address: object) -> list[str]:
    return ["ping", "-c1", "-W2", str(address)]


def refused(*argv: str) -> bool:
    """Return whether a program on the host fails because something is unreachable."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    said = done.stdout + done.stderr
    return done.returncode != 0 and ("Unreachable" in said or "No route to host" in said)


def whole_host() -> dict[str, Any]:
    """Everything that the host's own tools tell of its network, less what moves by itself."""
    ruleset = json.loads(host.run("nft", "-j", "list", "ruleset"))["nftables"]
    return {
        "link": still(host.ip_json("link")),
        "addr": still(host.ip_json("addr")),
        "route": host.run("ip", "route", "show", "table", "all"),
        "ruleset": ruleset,
        "forwarding": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
    }


def still(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return links without what counts up, and the carrier, which may come a second later."""
    moving = {"stats64", "operstate", "flags"}
    return [{key: value for key, value in x.items() if key not in moving} for x in links]


def redirects(namespace: HeldNamespace) -> int:
    """Return how many ICMP redirects a namespace has sent, as its kernel counts them."""
    names, numbers = (
        line.split()
        for line in namespace.ok("cat", "/proc/net/snmp").splitlines()
        if "Icmp:" in line
    )
    return int(numbers[names.index("OutRedirects")])


def second_node(
    cluster: Cluster, namespace: Callable[[], HeldNamespace]
) -> tuple[HeldNamespace, IPv4Network]:
    node, place = namespace(), cluster.plan.node("second", 1)
    asyncio.run(cluster.network.ensure_node(cluster.plan, place, cluster.fabric, node))
    return node, place.cidr


@pytest.fixture
def forwards() -> Iterator[Callable[[], str]]:
    """Read the host's ip_forward, off at first."""
    setting = Path("/proc/sys/net/ipv4/ip_forward")
    before = setting.read_text()
    setting.write_text("0")
    yield lambda: setting.read_text().strip()
    setting.write_text(before)


# Who reaches whom.


def test_pods_and_host_reach_each_other_by_address(cluster: Cluster) -> None:
    """Pod to pod, pod to host and host to pod, with no translation."""
    one, two = cluster.pod(2), cluster.pod(3)
    one.ok(*ping(cluster.address(3)))
    two.ok(*ping(cluster.address(2)))
    host.run(*ping(cluster.address(2)))
    one.ok(*ping(cluster.plan.host_address))
    one.ok(*ping(host.HOST_ADDRESS))


def test_pods_of_two_nodes_reach_each_other(
    cluster: Cluster, namespace: Callable[[], HeldNamespace]
) -> None:
    node, cidr = second_node(cluster, namespace)
    one, other = cluster.pod(2), namespace()
    asyncio.run(cluster.network.connect_pod("other", cidr[2], node, other))
    other.ok("ip", "link", "set", "eth0", "up")
    other.ok("ip", "addr", "add", f"{cidr[2]}/24", "dev", "eth0")
    other.ok("ip", "route", "add", "default", "via", str(cidr[1]))
    one.ok(*ping(cidr[2]))


def test_the_fabric_does_not_redirect_the_host_to_a_node(cluster: Cluster) -> None:
    """A route that the host learns so would outlive the node."""
    cluster.pod(2)
    host.run(*ping(cluster.address(2)))
    assert redirects(cluster.fabric) == 0


def test_a_pod_reaches_the_outside_with_the_hosts_address(cluster: Cluster) -> None:
    """What leaves the cluster is masqueraded."""
    cluster.pod(2).ok(*ping(host.OUTSIDE_ADDRESS))


def test_a_large_packet_reaches_the_outside(cluster: Cluster) -> None:
    cluster.pod(2).ok("ping", "-c1", "-W2", "-s1472", "-Mdo", host.OUTSIDE_ADDRESS)


def test_much_data_reaches_the_outside_as_it_was_sent(cluster: Cluster) -> None:
    """Pods hand TCP segments to their link that are larger than the way out takes."""
    pod = cluster.pod(2)
    receiver = subprocess.Popen(
        ["ip", "netns", "exec", host.OUTSIDE, sys.executable, "-c", RECEIVE],
        stdout=subprocess.PIPE,
        text=True,
    )
    with receiver:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == "listening\n"
        sent = pod.ok(sys.executable, "-c", SEND, host.OUTSIDE_ADDRESS)
        assert receiver.stdout.readline() == sent


# What is gone.


@pytest.mark.timed
def test_a_node_that_is_not_there_is_unreachable_at_once(cluster: Cluster) -> None:
    """For pods and for the host; and nothing goes out by the default route."""
    gone = cluster.plan.node("gone", 7).cidr[9]
    pod = cluster.pod(2)
    # of many new links at a time, the kernel puts some to use a second later (linkwatch)
    eventually(lambda: cluster.fabric.ip_json("link", "show", "host")[0]["operstate"] == "UP")
    sent = host.strays()
    started = time.monotonic()
    assert "Unreachable" in pod.run(*ping(gone)).stdout
    assert refused(*ping(gone))
    assert time.monotonic() - started < AT_ONCE
    assert host.strays() == sent


def test_packets_for_what_is_gone_get_their_errors_also_in_a_burst(cluster: Cluster) -> None:
    """Five: more of a sender within five seconds, and the kernel answers one a second."""
    gone = cluster.plan.node("gone", 7).cidr[9]
    done = cluster.pod(2).run("ping", "-c5", "-i0.002", "-W1", str(gone))
    assert "+5 errors" in done.stdout


@pytest.mark.timed
def test_a_pod_that_is_not_there_is_unreachable_soon(cluster: Cluster) -> None:
    """For the host, whose question its node gives up after 0.3 s, and for a pod beside it."""
    pod = cluster.pod(2)
    for fails in (
        lambda: refused(*ping(cluster.address(77))),
        lambda: pod.run(*ping(cluster.address(78))).returncode != 0,
    ):
        started = time.monotonic()
        assert fails()
        assert time.monotonic() - started < SOON


def test_without_the_fabric_nothing_leaves_by_the_default_route(cluster: Cluster) -> None:
    """The claim itself is the last resort."""
    sent = host.strays()
    cluster.fabric.end()
    eventually(lambda: cluster.plan.host_link not in {x["ifname"] for x in host.ip_json("link")})
    assert refused(*ping(cluster.address(2)))
    assert host.strays() == sent


# What a pod and a node look like.


def test_a_pods_link_is_born_with_its_final_name_mac_and_mtu(cluster: Cluster) -> None:
    (link,) = cluster.pod(2).ip_json("-d", "link", "show", "eth0")
    assert link["address"] == "0a:58:0a:f4:00:02"
    assert link["mtu"] == 1500
    assert (link["num_tx_queues"], link["num_rx_queues"]) == (1, 1)


def test_links_have_the_mtu_of_the_way_out(make_cluster: Callable[[str], Cluster]) -> None:
    host.run("ip", "link", "set", host.WAN, "mtu", "1400")
    try:
        cluster = make_cluster("00aa11")
        cluster.build()
        (link,) = cluster.pod(2).ip_json("link", "show", "eth0")
    finally:
        host.run("ip", "link", "set", host.WAN, "mtu", "1500")
    assert link["mtu"] == 1400


def test_nodes_fabric_and_the_hosts_link_say_nothing_in_ipv6(cluster: Cluster) -> None:
    cluster.pod(2)
    for place in (cluster.node, cluster.fabric):
        assert place.ok("ip", "-6", "addr") == ""
    assert host.run("ip", "-6", "addr", "show", "dev", cluster.plan.host_link) == ""


def test_the_pods_bridge_is_where_the_documents_say(cluster: Cluster) -> None:
    cluster.pod(2)
    (port,) = cluster.node.ip_json("link", "show", "master", "pods0")
    assert port["ifname"] == "pod2"


# Again, and after a loss.


def test_building_again_changes_nothing(cluster: Cluster) -> None:
    pod = cluster.pod(2)
    before = whole_host() | {"node": still(cluster.node.ip_json("addr"))}
    assert cluster.build() == []
    after = whole_host() | {"node": still(cluster.node.ip_json("addr"))}
    for state in (before, after):
        state.pop("ruleset")  # made anew: handles differ
    assert after == before
    pod.ok(*ping(host.OUTSIDE_ADDRESS))


def test_a_lost_fabric_is_built_anew_and_pods_are_reached_again(
    cluster: Cluster, namespace: Callable[[], HeldNamespace]
) -> None:
    pod = cluster.pod(2)
    cluster.fabric.end()
    cluster.fabric = namespace()
    assert asyncio.run(cluster.join()) == []
    host.run(*ping(cluster.address(2)))
    pod.ok(*ping(host.OUTSIDE_ADDRESS))


def test_a_lost_node_is_built_anew(
    cluster: Cluster, namespace: Callable[[], HeldNamespace]
) -> None:
    cluster.pod(2)
    cluster.network.forget(cluster.node)
    cluster.node.end()
    eventually(lambda: "node0" not in cluster.fabric.ok("ip", "link"))
    cluster.node = namespace()
    assert asyncio.run(cluster.join()) == []
    cluster.pod(3).ok(*ping(host.OUTSIDE_ADDRESS))


def test_a_link_that_was_made_and_not_yet_marked_is_ours(cluster: Cluster) -> None:
    """The server may die between the two."""
    host.run("ip", "link", "set", cluster.plan.host_link, "alias", "")
    assert asyncio.run(cluster.join()) == []


# What is not ours.


def test_removing_leaves_the_host_as_it_was(
    make_cluster: Callable[[str], Cluster], forwards: Callable[[], str]
) -> None:
    before = whole_host()
    cluster = make_cluster("00aa11")
    cluster.build()
    assert forwards() == "1"
    cluster.remove()
    assert whole_host() == before


def test_things_of_the_users_own_with_like_names_survive(
    make_cluster: Callable[[str], Cluster],
) -> None:
    """A bridge and a table called minipod, and those of our inner names, in the host."""
    for name in ("minipod", "minipod-00aa1", "pods0", "fabric0"):
        host.run("ip", "link", "add", name, "type", "bridge")
    host.run("nft", "add", "table", "ip", "minipod")
    host.run("nft", "add", "table", "inet", "minipod-00aa11")
    before = whole_host()
    try:
        cluster = make_cluster("00aa11")
        assert cluster.build() == []
        cluster.remove()
        assert whole_host() == before
    finally:
        for name in ("minipod", "minipod-00aa1", "pods0", "fabric0"):
            host.run("ip", "link", "delete", name)
        host.run("nft", "delete", "table", "ip", "minipod")
        host.run("nft", "delete", "table", "inet", "minipod-00aa11")


def test_a_strangers_link_of_our_very_name_is_refused_and_left(
    make_cluster: Callable[[str], Cluster],
) -> None:
    host.run("ip", "link", "add", "minipod-00aa11", "type", "bridge")
    try:
        cluster = make_cluster("00aa11")
        with pytest.raises(HostError, match="minipod-00aa11: it is not minipod's"):
            cluster.build()
        cluster.remove()
        (link,) = host.ip_json("-d", "link", "show", "minipod-00aa11")
        assert link["linkinfo"]["info_kind"] == "bridge"
    finally:
        host.run("ip", "link", "delete", "minipod-00aa11")


def test_a_strangers_table_of_our_very_name_is_told_and_left(
    make_cluster: Callable[[str], Cluster],
) -> None:
    host.run("nft", "add", "table", "ip", "minipod-00aa11")
    try:
        cluster = make_cluster("00aa11")
        (warning,) = cluster.build()
        assert "is not minipod's" in warning
        cluster.remove()
        assert "minipod-00aa11" in host.run("nft", "list", "tables")
    finally:
        host.run("nft", "delete", "table", "ip", "minipod-00aa11")


def test_two_roots_have_two_networks_and_the_last_puts_forwarding_back(
    make_cluster: Callable[[str], Cluster], forwards: Callable[[], str]
) -> None:
    blocks = (IPv4Network("10.244.0.0/16"), IPv4Network("10.245.0.0/16"))
    one, two = make_cluster("00aa11"), make_cluster("00bb22")
    one.build(*blocks)
    two.build(*blocks)
    assert (one.plan.cluster, two.plan.cluster) == blocks
    one.pod(2)
    two.pod(2).ok(*ping(one.address(2)))
    one.remove()
    assert forwards() == "1"
    two.remove()
    assert forwards() == "0"


def test_forwarding_stays_on_for_another_that_translates_addresses(
    make_cluster: Callable[[str], Cluster], forwards: Callable[[], str]
) -> None:
    cluster = make_cluster("00aa11")
    cluster.build()
    host.run("nft", "add", "table", "ip", "nat")
    host.run("nft", "add chain ip nat out { type nat hook postrouting priority 100; }")
    try:
        cluster.remove()
        assert forwards() == "1"
    finally:
        host.run("nft", "delete", "table", "ip", "nat")


# Beside others.


def test_a_claim_is_given_up_when_another_root_claimed_a_part_of_it_meanwhile(
    make_cluster: Callable[[str], Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel takes both, for their sizes differ."""
    part = ["unreachable", "10.244.16.0/20", "metric", str(CLAIM_METRIC), "proto", str(PROTOCOL)]
    add = Links.add_unreachable

    async def meanwhile(links: Links, cidr: IPv4Network, metric: int, tag: int | None) -> bool:
        monkeypatch.undo()
        host.run(
            "ip", "route", "add", *part, "window", str(CidrClaim("00bb22", switched=False).tag)
        )
        return await add(links, cidr, metric, tag)

    monkeypatch.setattr(Links, "add_unreachable", meanwhile)
    cluster = make_cluster("00aa11")
    try:
        cluster.build(IPv4Network("10.244.0.0/16"), IPv4Network("10.245.0.0/16"))
    finally:
        host.run("ip", "route", "delete", *part)
    assert cluster.plan.cluster == IPv4Network("10.245.0.0/16")
    assert "10.244" not in host.run("ip", "route")


@pytest.fixture
def docker() -> Iterator[None]:
    """Give the host the chains of Docker that matter: FORWARD drops, DOCKER-USER is for others."""
    host.run("iptables", "-N", "DOCKER-USER")
    host.run("iptables", "-P", "FORWARD", "DROP")
    host.run("iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
    yield
    host.run("nft", "delete", "table", "ip", "filter")


def test_pods_reach_the_outside_beside_docker_and_its_chain_is_left_as_it_was(
    docker: None, make_cluster: Callable[[str], Cluster]
) -> None:
    before = host.run("iptables", "-S")
    cluster = make_cluster("00aa11")
    assert cluster.build() == []
    assert cluster.build() == []
    assert host.run("iptables", "-S").count("minipod 00aa11") == 3
    cluster.pod(2).ok(*ping(host.OUTSIDE_ADDRESS))
    cluster.remove()
    assert host.run("iptables", "-S") == before


# What cannot be had.


def test_a_host_that_drops_what_it_forwards_is_told(
    make_cluster: Callable[[str], Cluster],
) -> None:
    """As ufw and other firewalls do."""
    host.run("nft", "add", "table", "ip", "filter")
    host.run(
        "nft", "add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }"
    )
    try:
        (warning,) = make_cluster("00aa11").build()
        assert "FORWARD of nftables table ip filter" in warning
    finally:
        host.run("nft", "delete", "table", "ip", "filter")


def test_without_nft_pods_work_and_the_lack_of_egress_is_told(
    make_cluster: Callable[[str], Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nft, "find", lambda: None)
    cluster = make_cluster("00aa11")
    (warning,) = cluster.build()
    assert "cannot run nft: it is not installed" in warning
    cluster.pod(2)
    host.run(*ping(cluster.address(2)))


def test_a_block_that_the_host_routes_is_not_claimed(
    make_cluster: Callable[[str], Cluster],
) -> None:
    host.run("ip", "route", "add", "10.244.9.0/24", "dev", host.WAN)
    try:
        cluster = make_cluster("00aa11")
        cluster.build(IPv4Network("10.244.0.0/16"), IPv4Network("10.245.0.0/16"))
        assert cluster.plan.cluster == IPv4Network("10.245.0.0/16")
    finally:
        host.run("ip", "route", "delete", "10.244.9.0/24", "dev", host.WAN)
