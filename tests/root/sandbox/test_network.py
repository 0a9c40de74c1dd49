"""The pod's own side of its network, judged by `ip`."""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from minipod.errors import StepFailed
from tests.root.sandbox.lab import container, in_loop, ip_in, run

if TYPE_CHECKING:
    from tests.root.sandbox.lab import Lab

WIRE = {"address": "10.244.0.2", "prefix": 24, "gateway": "10.244.0.1"}


def plug(pid: int) -> None:
    """Make a link into a pod, as the server does: eth0 inside, down."""
    inside = ("peer", "name", "eth0", "netns", str(pid))
    run("ip", "link", "add", "mptest0", "type", "veth", *inside)
    run("ip", "link", "set", "mptest0", "up")


def unplug() -> None:
    """Take that link away."""
    run("ip", "link", "delete", "mptest0")


@in_loop
async def test_addresses_and_routes(lab: Lab) -> None:
    """lo and eth0 are up, the address and the default route are there, eth0 has no IPv6 address."""
    pod = await lab.pod()
    plug(pod.pid)
    try:
        for _ in range(2):  # a node that was built again wires its pods again
            await pod.request("network", **WIRE)
            netns, _ = await pod.namespace()
            addresses = {
                (link["ifname"], address["local"], address["prefixlen"])
                for link in ip_in(netns, "address")
                for address in link["addr_info"]
            }
            assert addresses == {
                ("lo", "127.0.0.1", 8),
                ("lo", "::1", 128),
                ("eth0", "10.244.0.2", 24),
            }
            flags = {link["ifname"]: link["flags"] for link in ip_in(netns, "link")}
            assert "UP" in flags["lo"]
            assert {"UP", "LOWER_UP"} <= set(flags["eth0"])
            routes = {(route["dst"], route.get("gateway")) for route in ip_in(netns, "route")}
            assert routes == {("default", "10.244.0.1"), ("10.244.0.0/24", None)}
    finally:
        unplug()


@in_loop
async def test_without_a_link_the_step_is_named(lab: Lab) -> None:
    """ENODEV comes back with the step, and a later try with the link works."""
    pod = await lab.pod()
    with pytest.raises(StepFailed) as caught:
        await pod.request("network", **WIRE)
    assert (caught.value.step, caught.value.errno) == ("find eth0", errno.ENODEV)


@in_loop
async def test_a_gateway_out_of_reach_is_named(lab: Lab) -> None:
    """The kernel's refusal of one step in the batch is told with that step."""
    pod = await lab.pod()
    plug(pod.pid)
    try:
        with pytest.raises(StepFailed) as caught:
            await pod.request("network", **{**WIRE, "gateway": "192.0.2.77"})
        assert caught.value.step == "route to 192.0.2.77"
        assert caught.value.errno == errno.ENETUNREACH
    finally:
        unplug()


@in_loop
async def test_a_socket_is_made_inside_the_pod(lab: Lab) -> None:
    """It reaches what listens on the pod's own 127.0.0.1, though this process never goes there."""
    pod = await lab.pod()
    with pytest.raises(StepFailed):
        await pod.request("network", **WIRE)  # no eth0 here, and lo stays down: so by hand
    netns, _ = await pod.namespace()
    run("ip", "link", "set", "lo", "up", within=netns)
    listener = await pod.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 8080))
    listener.listen()
    client = await pod.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.setblocking(True)
    client.connect(("127.0.0.1", 8080))
    with socket.socket() as outside:
        outside.settimeout(1)
        assert outside.connect_ex(("127.0.0.1", 8080)) == errno.ECONNREFUSED
    client.close()
    listener.close()


@in_loop
async def test_a_socket_that_cannot_be_is_refused(lab: Lab) -> None:
    """The errno is the kernel's."""
    pod = await lab.pod()
    with pytest.raises(StepFailed) as caught:
        await pod.socket(socket.AF_INET, 77)
    assert caught.value.errno == errno.EINVAL


@in_loop
async def test_sysctls_of_the_network_are_the_pods(lab: Lab) -> None:
    """A value is set in the pod's netns only; others than net/ are refused."""
    pod = await lab.pod()
    await pod.request("sysctl", set={"net/ipv4/ip_forward": "1"})
    await pod.request("start", container=container("cat", "/proc/sys/net/ipv4/ip_forward"))
    lab.exits("a")
    assert lab.output("a") == "1\n"
    for key in ("kernel/panic", "net/../kernel/panic"):
        with pytest.raises(StepFailed, match="net/"):
            await pod.request("sysctl", set={key: "1"})
    with pytest.raises(StepFailed) as caught:
        await pod.request("sysctl", set={"net/no/such": "1"})
    assert caught.value.errno == errno.ENOENT


@in_loop
async def test_a_process_of_the_pod_is_no_peer(lab: Lab) -> None:
    """Even root inside, who gets at the socket, is hung up on before a word."""
    pod = await lab.pod(masked=[])
    script = (
        "import os, socket;"
        "peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);"
        f"peer.connect('{lab.root}/pods/a/sandbox.sock');"
        "os.write(1, repr(peer.recv(100)).encode())"
    )
    # No container sees the folder in life: this one's is not masked.
    spec = container(sys.executable, "-I", "-S", "-c", script, share_host_files=True)
    await pod.request("start", container=spec)
    lab.exits("a")
    assert lab.output("a") == "b''"
