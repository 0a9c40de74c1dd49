"""The rows of `minipod ports`: each case is a pod, what the kernel tells, and the rows."""

from __future__ import annotations

import msgspec
import pytest

from minipod.model.pod import Container, ContainerPort, Metadata, Pod, PodSpec, Protocol
from minipod.model.sockets import Holder, Socket, SocketState
from minipod.ports.rows import port_rows
from minipod.ports.space import PodPorts

TCP, UDP = Protocol.TCP, Protocol.UDP
WEB, SHELL = 101, 102


def pod(name="kubia", namespace="default", **declared):
    """Return a pod; each keyword is a container and its declared ports."""
    containers = tuple(
        Container(
            name=container,
            ports=tuple(
                ContainerPort(container_port=port, protocol=protocol) for protocol, port in ports
            ),
        )
        for container, ports in (declared or {"web": []}).items()
    )
    return Pod(metadata=Metadata(name=name, namespace=namespace), spec=PodSpec(containers))


def sock(protocol, address, port, inode=1, cgroup=WEB):
    state = SocketState.LISTENING if protocol is TCP else SocketState.BOUND
    return Socket(protocol, address, port, inode, cgroup, 0, state)


def look(a_pod, *sockets, holders=None, members=None):
    return PodPorts(a_pod, sockets, {WEB: "web", SHELL: "shell"}, members or {}, holders or {})


def short(row):
    """Return container, protocol, address, port, pid and whether declared."""
    return (row.container, row.protocol, row.address, row.port, row.pid, row.declared)


SERVER = {1: (Holder(7, "server"),)}

CASES = {
    "nothing listens and nothing is declared": (look(pod()), []),
    "a declared port that is served": (
        look(pod(web=[(TCP, 8080)]), sock(TCP, "0.0.0.0", 8080), holders=SERVER),
        [("web", "TCP", "0.0.0.0", 8080, 7, True)],
    ),
    "a port that no manifest declares": (
        look(pod(), sock(TCP, "127.0.0.1", 9000), holders=SERVER),
        [("web", "TCP", "127.0.0.1", 9000, 7, False)],
    ),
    "a declared port on which nothing listens": (
        look(pod(web=[(TCP, 8080)])),
        [("web", "TCP", None, 8080, None, True)],
    ),
    "a port declared twice in one container": (
        look(pod(web=[(TCP, 8080), (TCP, 8080)])),
        [("web", "TCP", None, 8080, None, True)],
    ),
    "UDP does not serve TCP's declaration": (
        look(pod(web=[(TCP, 53)]), sock(UDP, "0.0.0.0", 53), holders=SERVER),
        [("web", "TCP", None, 53, None, True), ("web", "UDP", "0.0.0.0", 53, 7, False)],
    ),
    "IPv4 and IPv6 apart": (
        look(
            pod(web=[(TCP, 80)]),
            sock(TCP, "::", 80, inode=2),
            sock(TCP, "0.0.0.0", 80),
            holders={1: (Holder(7, "a"),), 2: (Holder(7, "a"),)},
        ),
        [("web", "TCP", "0.0.0.0", 80, 7, True), ("web", "TCP", "::", 80, 7, True)],
    ),
    "a neighbour holds what a container declares": (
        look(
            pod(web=[(TCP, 8080)], shell=[]),
            sock(TCP, "0.0.0.0", 8080, cgroup=SHELL),
            holders=SERVER,
        ),
        [("web", "TCP", None, 8080, None, True), ("shell", "TCP", "0.0.0.0", 8080, 7, False)],
    ),
    "two containers declare, one serves": (
        look(
            pod(web=[(TCP, 8080)], shell=[(TCP, 8080)]),
            sock(TCP, "0.0.0.0", 8080, cgroup=SHELL),
            holders=SERVER,
        ),
        [("web", "TCP", None, 8080, None, True), ("shell", "TCP", "0.0.0.0", 8080, 7, True)],
    ),
    "of processes that share a socket the first one given": (
        look(
            pod(), sock(TCP, "0.0.0.0", 80), holders={1: (Holder(9, "parent"), Holder(8, "child"))}
        ),
        [("web", "TCP", "0.0.0.0", 80, 9, False)],
    ),
    "the creator is dead and nobody is seen to hold it": (
        look(pod(web=[(TCP, 80)]), sock(TCP, "0.0.0.0", 80)),
        [("web", "TCP", "0.0.0.0", 80, None, True)],
    ),
    "a group that is not known: the holder tells the container": (
        look(
            pod(web=[(TCP, 80)]),
            sock(TCP, "0.0.0.0", 80, cgroup=0),
            holders={1: (Holder(6, "stranger"), Holder(7, "server"))},
            members={7: "web"},
        ),
        [("web", "TCP", "0.0.0.0", 80, 6, True)],
    ),
    "nobody knows whose it is: the declaration is taken as served": (
        look(pod(web=[(TCP, 80)]), sock(TCP, "0.0.0.0", 80, cgroup=0)),
        [(None, "TCP", "0.0.0.0", 80, None, True)],
    ),
    "several sockets on one port, by SO_REUSEPORT": (
        look(
            pod(),
            sock(TCP, "0.0.0.0", 80, inode=2),
            sock(TCP, "0.0.0.0", 80, inode=1),
            holders={1: (Holder(7, "a"),), 2: (Holder(8, "b"),)},
        ),
        [("web", "TCP", "0.0.0.0", 80, 7, False), ("web", "TCP", "0.0.0.0", 80, 8, False)],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rows(case):
    seen, rows = case
    assert [short(row) for row in port_rows([seen])] == rows


def test_rows_are_sorted_by_pod_then_port_protocol_address():
    rows = port_rows(
        [
            look(pod("b"), sock(TCP, "0.0.0.0", 80)),
            look(pod("a", namespace="other"), sock(TCP, "0.0.0.0", 80)),
            look(
                pod("a"),
                sock(TCP, "0.0.0.0", 10_000),
                sock(UDP, "0.0.0.0", 9000),
                sock(TCP, "127.0.0.10", 9000),
                sock(TCP, "127.0.0.9", 9000),
            ),
        ]
    )
    assert [(row.namespace, row.pod, row.port, row.protocol, row.address) for row in rows] == [
        ("default", "a", 9000, "TCP", "127.0.0.9"),
        ("default", "a", 9000, "TCP", "127.0.0.10"),
        ("default", "a", 9000, "UDP", "0.0.0.0"),
        ("default", "a", 10_000, "TCP", "0.0.0.0"),
        ("default", "b", 80, "TCP", "0.0.0.0"),
        ("other", "a", 80, "TCP", "0.0.0.0"),
    ]


def test_a_row_in_json_has_the_promised_fields():
    (row,) = port_rows(
        [look(pod(web=[(TCP, 8080)]), sock(TCP, "0.0.0.0", 8080), holders=SERVER)],
    )
    assert msgspec.to_builtins(row) == {
        "namespace": "default",
        "pod": "kubia",
        "container": "web",
        "protocol": "TCP",
        "address": "0.0.0.0",
        "port": 8080,
        "pid": 7,
        "command": "server",
        "declared": True,
        "marks": ("Declared",),
        "note": None,
    }
