"""A root's network in the kernel, judged by ip, ping and nft."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.support import host

if TYPE_CHECKING:
    from tests.root.network.conftest import Cluster


def ping(address: object) -> list[str]:
    return ["ping", "-c1", "-W2", str(address)]


def test_pods_and_host_reach_each_other_by_address(cluster: Cluster) -> None:
    """Pod to pod, pod to host and host to pod, with no translation."""
    one, two = cluster.pod(2), cluster.pod(3)
    one.ok(*ping(cluster.address(3)))
    two.ok(*ping(cluster.address(2)))
    host.run(*ping(cluster.address(2)))
    one.ok(*ping(cluster.plan.host_address))
    one.ok(*ping(host.HOST_ADDRESS))


def test_a_pod_reaches_the_outside_with_the_hosts_address(cluster: Cluster) -> None:
    """What leaves the cluster is masqueraded."""
    cluster.pod(2).ok(*ping(host.OUTSIDE_ADDRESS))


def test_an_address_without_a_node_gives_an_error_at_once(cluster: Cluster) -> None:
    pod = cluster.pod(2)
    started = time.monotonic()
    done = pod.run(*ping(cluster.plan.node("none", 7).cidr[9]))
    assert "Unreachable" in done.stdout
    assert time.monotonic() - started < 0.5
