"""Which port is offered instead of one that is taken."""

from __future__ import annotations

import pytest

from minipod.model.sockets import SocketState
from minipod.ports.wayout import free_port, near

from .spaces import TCP, UDP, sock, space

CONNECTED = SocketState.CONNECTED


@pytest.mark.parametrize(
    ("port", "pod_ports", "free"),
    [
        (8080, space(), 8081),
        (8080, space(sock(port=8081), sock(port=8082, state=CONNECTED)), 8083),
        (8080, space(sock(port=8081, protocol=UDP)), 8081),
        (8080, space(declares={"web": [8081], "sidecar": [8082]}), 8083),
        (8080, space(*(sock(port=port) for port in near(8080) if port != 8070)), 8070),
        (8080, space(*(sock(port=port) for port in near(8080))), None),
        (80, space(), 81),
        (1023, space(), 1022),
        (1024, space(*(sock(port=port) for port in range(1025, 1080))), None),
        (65535, space(), 65534),
        (32767, space(), 32766),
        (32768, space(), 32767),
        (40000, space(), None),
        (1, space(), 2),
    ],
)
def test_a_port_that_is_free(port, pod_ports, free):
    assert free_port(pod_ports, TCP, port) == free


def test_of_a_protocol_that_is_not_known_all_sockets_count():
    pod_ports = space(sock(port=8081, protocol=UDP), sock(port=8082))
    assert free_port(pod_ports, None, 8080) == 8083


def test_ports_near_one_are_ports():
    assert near(8080) == range(8030, 8131)
    assert near(1) == range(1, 52)
    assert near(65535) == range(65485, 65536)
