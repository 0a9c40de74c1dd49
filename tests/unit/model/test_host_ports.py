"""Host ports as values: read from a pod and from text, compared."""

from __future__ import annotations

import pytest

from minipod.model.host_ports import (
    Claim,
    HostPort,
    Taken,
    added,
    annotation,
    free_near,
    host_ports,
    parse,
)
from minipod.model.pod import Protocol, view
from minipod.model.sockets import Holder


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("8080:80", HostPort(Protocol.TCP, "0.0.0.0", 8080, 80)),
        ("8080:80/TCP", HostPort(Protocol.TCP, "0.0.0.0", 8080, 80)),
        ("5353:53/udp", HostPort(Protocol.UDP, "0.0.0.0", 5353, 53)),
        ("127.0.0.1:8080:80", HostPort(Protocol.TCP, "127.0.0.1", 8080, 80)),
    ],
)
def test_a_port_is_read(text: str, wanted: HostPort) -> None:
    assert parse(text) == wanted
    assert parse(wanted.written) == wanted


@pytest.mark.parametrize(
    "text", ["", "80", ":80", "80:", "a:80", "0:80", "80:65536", "80:80/sctp", "x:80:80", "::1:8:8"]
)
def test_what_is_no_port_is_refused_with_its_own_text(text: str) -> None:
    with pytest.raises(ValueError, match=f'^"{text}"'):
        parse(text)


def test_a_pod_has_the_ports_of_its_manifest_and_those_added() -> None:
    pod = view(
        {
            "metadata": {
                "name": "web",
                "annotations": {"minipod.dev/host-ports": "8081:80/TCP, 127.0.0.1:53:53/UDP"},
            },
            "spec": {
                "containers": [
                    {"name": "a", "ports": [{"containerPort": 1}]},
                    {"name": "b", "ports": [{"containerPort": 80, "hostPort": 8080}]},
                ]
            },
        }
    )
    ports = host_ports(pod)
    assert [port.written for port in ports] == ["8080:80/TCP", "8081:80/TCP", "127.0.0.1:53:53/UDP"]
    assert [port.container for port in ports] == ["b", "", ""]
    assert added(annotation(ports[1:])) == ports[1:]


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("8080:80", "8080:81", True),
        ("8080:80", "8081:80", False),
        ("8080:80", "8080:80/udp", False),
        ("8080:80", "127.0.0.1:8080:80", True),
        ("10.0.0.1:8080:80", "127.0.0.1:8080:80", False),
        ("127.0.0.1:8080:80", "127.0.0.1:8080:81", True),
    ],
)
def test_two_overlap_as_kubernetes_scheduler_has_it(one: str, other: str, *, meet: bool) -> None:
    assert parse(one).overlaps(parse(other)) is meet
    assert parse(other).overlaps(parse(one)) is meet


@pytest.mark.parametrize(
    ("protocol", "host_ip", "opens"),
    [
        ("TCP", "0.0.0.0", True),
        ("UDP", "10.0.0.1", True),
        ("SCTP", "0.0.0.0", False),
        ("TCP", "::", False),
        ("TCP", "here", False),
    ],
)
def test_ipv4_and_tcp_or_udp_open(protocol: str, host_ip: str, *, opens: bool) -> None:
    assert HostPort(Protocol(protocol), host_ip, 8080, 80).opens is opens


def test_who_has_a_port_is_said_with_its_name() -> None:
    port = parse("127.0.0.1:8080:80")
    begin = "hostPort 127.0.0.1:8080/TCP is taken"
    declared = HostPort(Protocol.TCP, "0.0.0.0", 8080, 80, "web")
    assert [
        str(Taken(port, by))
        for by in (
            Claim("default/web", declared),
            Claim("default/web", port),
            Holder(7, "python3 -m http.server 8080"),
            None,
        )
    ] == [
        f'{begin} by pod default/web, container "web"',
        f"{begin} by pod default/web, to which it was added",
        f"{begin} on this machine by pid 7 (python3 -m http.server 8080)",
        f"{begin} on this machine, by no socket that listens",
    ]


def test_the_free_port_near_is_the_next_above() -> None:
    assert free_near(8080, {8080, 8081}) == 8082
    assert free_near(65535, {65535}) == 65534
