"""Host ports in the kernel: who reaches a pod by which address of the machine, judged by curl."""

from __future__ import annotations

import asyncio
import shlex
import socket
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError, StepFailed
from minipod.kernel import host_sockets, nft
from minipod.model.host_ports import parse
from minipod.plan.host_ports import Publication
from minipod.plan.network import mac_address
from tests.support import host
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.root.network.conftest import Cluster
    from tests.support.namespaces import HeldNamespace

SERVE = """
import http.server, sys
class Who(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.client_address[0].encode())
    def log_message(self, *words):
        pass
http.server.HTTPServer(("", 80), Who).serve_forever()
"""
"""Answers with the address of who calls."""

ECHO = """
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 53))
while True:
    data, peer = udp.recvfrom(100)
    udp.sendto(data + b" from %s", peer)
"""
ASK = """
import socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", int(sys.argv[3]) if sys.argv[3:] else 0))
udp.settimeout(1)
udp.connect((sys.argv[1], int(sys.argv[2])))
udp.send(b"hello")
print(udp.recv(100).decode())
"""
OUTSIDE = ("ip", "netns", "exec", host.OUTSIDE)


@contextmanager
def running(pod: HeldNamespace, program: str) -> Iterator[None]:
    argv = ["nsenter", "-t", str(pod.pid), "-n", sys.executable, "-c", program]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


@pytest.fixture
def web(cluster: Cluster) -> Iterator[HeldNamespace]:
    """Give a pod, the cluster's .2, that answers on port 80."""
    pod = cluster.pod(2)
    with running(pod, SERVE):
        eventually(lambda: "LISTEN" in pod.ok("ss", "-ltn"))
        yield pod


def publish(cluster: Cluster, *written: str, number: int = 2) -> None:
    address = cluster.address(number)
    wanted = [Publication("default/web", parse(each), address) for each in written]
    asyncio.run(cluster.network.publish(cluster.plan, cluster.place, cluster.node, wanted))


def cut(cluster: Cluster, *written: str) -> None:
    ports = [parse(each) for each in written]
    asyncio.run(cluster.network.cut_flows(cluster.place, cluster.node, ports))


def curl(address: object, port: int = 8080) -> list[str]:
    return ["curl", "-sS", "--max-time", "3", f"http://{address}:{port}"]


def fails(argv: list[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode != 0


# Who reaches it.


def test_all_of_the_machines_addresses_lead_to_the_pod(
    cluster: Cluster, web: HeldNamespace
) -> None:
    """From the machine itself: loopback and its own; from outside: with the caller's address."""
    publish(cluster, "8080:80")
    assert host.run(*curl("127.0.0.1")) == str(cluster.plan.host_address)
    assert host.run(*curl(host.HOST_ADDRESS)) == host.HOST_ADDRESS
    assert host.run(*OUTSIDE, *curl(host.HOST_ADDRESS)) == host.OUTSIDE_ADDRESS


def test_the_nodes_address_leads_to_the_pod(cluster: Cluster, web: HeldNamespace) -> None:
    """From the machine, from another pod, from the pod itself."""
    publish(cluster, "8080:80")
    other = cluster.pod(3)
    assert host.run(*curl(cluster.place.address)) == str(cluster.plan.host_address)
    assert other.ok(*curl(cluster.place.address)) == str(cluster.place.gateway)
    assert web.ok(*curl(cluster.place.address)) == str(cluster.place.gateway)


def test_pods_reach_it_by_the_machines_addresses(cluster: Cluster, web: HeldNamespace) -> None:
    """Another pod, and the pod itself: the way back is by the machine."""
    publish(cluster, "8080:80")
    for pod in (cluster.pod(3), web):
        for address in (host.HOST_ADDRESS, cluster.plan.host_address):
            assert pod.ok(*curl(address)) == str(cluster.plan.host_address)


def test_a_pod_of_another_node_reaches_it(
    cluster: Cluster, web: HeldNamespace, namespace: Callable[[], HeldNamespace]
) -> None:
    publish(cluster, "8080:80")
    node, place, other = namespace(), cluster.plan.node("second", 1), namespace()
    asyncio.run(cluster.network.ensure_node(cluster.plan, place, cluster.fabric, node))
    asyncio.run(cluster.network.connect_pod("other", place.cidr[2], node, other))
    other.ok("ip", "link", "set", "eth0", "up")
    other.ok("ip", "addr", "add", f"{place.cidr[2]}/24", "dev", "eth0")
    other.ok("ip", "route", "add", "default", "via", str(place.gateway))
    for address in (host.HOST_ADDRESS, cluster.place.address):
        other.ok(*curl(address))


def test_an_address_of_the_machine_leads_there_alone(cluster: Cluster, web: HeldNamespace) -> None:
    publish(cluster, "127.0.0.1:8080:80", f"{host.HOST_ADDRESS}:8081:80")
    host.run(*curl("127.0.0.1"))
    assert fails(curl(host.HOST_ADDRESS))
    assert fails(curl(cluster.place.address))
    host.run(*curl(host.HOST_ADDRESS, 8081))
    host.run(*OUTSIDE, *curl(host.HOST_ADDRESS, 8081))
    assert fails(curl("127.0.0.1", 8081))


def test_the_nodes_address_leads_there_alone(cluster: Cluster, web: HeldNamespace) -> None:
    publish(cluster, f"{cluster.place.address}:8080:80")
    host.run(*curl(cluster.place.address))
    assert fails(curl("127.0.0.1"))
    assert fails(curl(host.HOST_ADDRESS))


def test_one_address_comes_before_every_address(cluster: Cluster, web: HeldNamespace) -> None:
    publish(cluster, "8080:81", "127.0.0.1:8080:80")
    host.run(*curl("127.0.0.1"))
    assert fails(curl(host.HOST_ADDRESS))


def test_a_pod_with_the_same_port_on_its_own_is_not_disturbed(
    cluster: Cluster, web: HeldNamespace
) -> None:
    publish(cluster, "80:8080")
    assert cluster.pod(3).ok(*curl(cluster.address(2), 80)) == str(cluster.address(3))
    assert web.ok(*curl("127.0.0.1", 80)) == "127.0.0.1"


def test_udp_is_led_too(cluster: Cluster) -> None:
    pod = cluster.pod(2)
    publish(cluster, "5353:53/udp")
    with running(pod, ECHO % "one"):
        eventually(lambda: ":53" in pod.ok("ss", "-lun"))
        ask = (sys.executable, "-c", ASK)
        for address in ("127.0.0.1", host.HOST_ADDRESS, cluster.place.address):
            assert host.run(*ask, str(address), "5353") == "hello from one\n"
        assert host.run(*OUTSIDE, *ask, host.HOST_ADDRESS, "5353") == "hello from one\n"
        assert cluster.pod(3).ok(*ask, host.HOST_ADDRESS, "5353") == "hello from one\n"


# What it must not open.


def test_nothing_on_the_link_reaches_the_machines_loopback(cluster: Cluster) -> None:
    """The kernel would route it there, as it does answers to host ports (CVE-2020-8558)."""
    setting = Path(f"/proc/sys/net/ipv4/conf/{cluster.plan.host_link}/route_localnet")
    publish(cluster, "8080:80")
    assert setting.read_text() == "1\n"
    assert not reaches_loopback(cluster)
    host.run("nft", "flush", "chain", "ip", cluster.plan.table, "hostport-guard")
    assert reaches_loopback(cluster), "so the guard is what keeps it away"
    publish(cluster)
    assert setting.read_text() == "0\n"
    assert not reaches_loopback(cluster)


def reaches_loopback(cluster: Cluster) -> bool:
    """Send a packet for 127.0.0.1 from the fabric, and return whether the machine took it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 9000))
        service.settimeout(0.3)
        frame = frame_to_loopback(cluster, 9000)
        cluster.fabric.inside(lambda: send_frame("fabric0", frame))
        try:
            service.recv(100)
        except TimeoutError:
            return False
        return True


def send_frame(link: str, frame: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((link, 0))
        raw.send(frame)


def frame_to_loopback(cluster: Cluster, port: int) -> bytes:
    """Return a UDP packet to 127.0.0.1, in a frame to the machine's link."""
    ends = [cluster.plan.host_address, cluster.plan.fabric_address]
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 32, 0, 0, 64, 17, 0, ends[1].packed, bytes([127, 0, 0, 1])
    )
    total = sum(struct.unpack(">10H", head))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    packet = head[:10] + checksum.to_bytes(2, "big") + head[12:]
    macs = b"".join(mac_address(end) for end in ends)
    return macs + b"\x08\x00" + packet + struct.pack(">HHHH", 5000, port, 12, 0) + b"evil"


# Again, less, and after a loss.


def test_what_is_wanted_no_more_is_closed_and_nothing_is_left(
    cluster: Cluster, web: HeldNamespace
) -> None:
    before = host.run("nft", "list", "table", "ip", cluster.plan.table)
    publish(cluster, "8080:80", "8081:80")
    publish(cluster, "8081:80")
    assert fails(curl("127.0.0.1"))
    host.run(*curl("127.0.0.1", 8081))
    publish(cluster)
    assert fails(curl("127.0.0.1", 8081))
    assert host.run("nft", "list", "table", "ip", cluster.plan.table) == before
    assert "hostport" not in cluster.node.ok("nft", "list", "ruleset")


def test_the_way_out_and_host_ports_are_made_anew_apart(
    cluster: Cluster, web: HeldNamespace
) -> None:
    publish(cluster, "8080:80")
    assert asyncio.run(cluster.join()) == []
    host.run(*curl("127.0.0.1"))
    publish(cluster)
    web.ok("ping", "-c1", "-W2", host.OUTSIDE_ADDRESS)


def test_the_table_says_whose_each_port_is(cluster: Cluster) -> None:
    publish(cluster, "8080:80")
    rules = host.run("nft", "list", "table", "ip", cluster.plan.table)
    assert 'tcp dport 8080 dnat to 10.244.0.2:80 comment "minipod 00aa11: default/web"' in rules


def test_a_strangers_table_of_our_name_is_refused(make_cluster: Callable[[str], Cluster]) -> None:
    host.run("nft", "add", "table", "ip", "minipod-00aa11")
    try:
        cluster = make_cluster("00aa11")
        cluster.build()
        with pytest.raises(HostError, match="is not minipod's"):
            publish(cluster, "8080:80")
    finally:
        host.run("nft", "delete", "table", "ip", "minipod-00aa11")


def test_without_nft_it_is_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr(nft, "find", lambda: None)
        with pytest.raises(HostError, match="it is not installed"):
            publish(cluster, "8080:80")


def test_docker_s_dropping_chain_lets_host_ports_pass(
    make_cluster: Callable[[str], Cluster],
) -> None:
    host.run("iptables", "-N", "DOCKER-USER")
    host.run("iptables", "-P", "FORWARD", "DROP")
    host.run("iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
    try:
        cluster = make_cluster("00aa11")
        assert cluster.build() == []
        pod = cluster.pod(2)
        publish(cluster, "8080:80")
        with running(pod, SERVE):
            eventually(lambda: "LISTEN" in pod.ok("ss", "-ltn"))
            host.run(*OUTSIDE, *curl(host.HOST_ADDRESS))
            cluster.pod(3).ok(*curl(host.HOST_ADDRESS))
    finally:
        host.run("nft", "delete", "table", "ip", "filter")


# Flows.


@pytest.mark.parametrize("address", ["127.0.0.1", host.HOST_ADDRESS, "10.244.255.2"])
def test_a_udp_client_that_goes_on_is_led_to_the_pod_that_has_the_port_now(
    cluster: Cluster, address: str
) -> None:
    """It began before anybody had it; then one pod had it, then another."""
    one, two = cluster.pod(2), cluster.pod(3)
    ask = [sys.executable, "-c", ASK, address, "5353", "40000"]
    assert fails(ask)
    with running(one, ECHO % "one"), running(two, ECHO % "two"):
        for pod in (one, two):
            eventually(lambda pod=pod: ":53" in pod.ok("ss", "-lun"))
        publish(cluster, "5353:53/udp")
        cut(cluster, "5353:53/udp")
        assert host.run(*ask) == "hello from one\n"
        publish(cluster, "5353:53/udp", number=3)
        assert host.run(*ask) == "hello from one\n", "the kernel remembers"
        cut(cluster, "5353:53/udp")
        assert host.run(*ask) == "hello from two\n"


# The socket that keeps the port.


def test_a_held_port_is_shown_and_cannot_be_had_by_others() -> None:
    with host_sockets.hold(parse("8080:80")), host_sockets.hold(parse("127.0.0.1:5353:53/udp")):
        assert "0.0.0.0:8080" in host.run("ss", "-Hltn")
        assert "127.0.0.1:5353" in host.run("ss", "-Hlun")
        for kind, port in ((socket.SOCK_STREAM, 8080), (socket.SOCK_DGRAM, 5353)):
            with socket.socket(socket.AF_INET, kind) as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with pytest.raises(OSError, match="Address already in use"):
                    other.bind(("127.0.0.1", port))


def test_a_port_that_a_program_has_is_told_with_the_program() -> None:
    argv = [sys.executable, "-m", "http.server", "8080", "--bind", "127.0.0.1"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        eventually(lambda: ":8080" in host.run("ss", "-Hltn"))
        try:
            port = parse("8080:80")
            with pytest.raises(StepFailed, match="hostPort 8080/TCP: Address already in use"):
                host_sockets.hold(port)
            (found,) = host_sockets.taken([port, parse("8081:80"), parse("8080:80/udp")])
        finally:
            program.kill()
    assert str(found) == (
        f"hostPort 8080/TCP is taken on this machine by pid {program.pid} ({shlex.join(argv)})"
    )


def test_an_address_that_the_machine_has_not_is_told() -> None:
    with pytest.raises(StepFailed, match=r"192\.0\.2\.99 is no address of this machine"):
        host_sockets.hold(parse("192.0.2.99:8080:80"))
