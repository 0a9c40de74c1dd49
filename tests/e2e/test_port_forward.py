"""`port-forward`: a port of the host leads to a port of the pod, its loopback included."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.host import HOST_ADDRESS
from tests.support.manifests import container, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.support.command import Minipod

ECHO_AFTER_END = """
import socket
server = socket.create_server(("127.0.0.1", 7000))
while True:
    peer, _ = server.accept()
    with peer:
        got = b""
        while part := peer.recv(65536):
            got += part
        peer.sendall(str(len(got)).encode() + b" bytes, then the end")
"""
"""A server that answers only when the client has closed its half."""


def get(port: int, path: str = "/", host: str = "127.0.0.1") -> str:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read().decode()


@contextlib.contextmanager
def forwarding(minipod: Minipod, *args: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Forward, and give the command and its local port, once it says that it does."""
    with minipod.start("port-forward", *args) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            match = re.match(r"Forwarding from \S+:(\d+) -> \d+\n", line)
            assert match, line or running.communicate()[1]
            yield running, int(match[1])
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=10)


@pytest.fixture
def pod_of_web(minipod: Minipod) -> Minipod:
    """Give the command, with a pod `web` whose server listens on 8080 of its loopback only."""
    minipod.create(pod("web", container("http", web(8080, "127.0.0.1")), container("shell")))
    eventually(lambda: "listening" in minipod.ok("logs", "web", "-c", "http"))
    return minipod


def test_the_page_is_seen_from_the_host(pod_of_web: Minipod) -> None:
    with forwarding(pod_of_web, "web", "8888:8080") as (running, port):
        assert port == 8888
        assert get(8888, "/page") == "web /page\n"
        assert running.stdout is not None
        assert running.stdout.readline() == "Forwarding from [::1]:8888 -> 8080\n"
        assert running.stdout.readline() == "Handling connection for 8888\n"
    assert running.returncode == -signal.SIGINT
    with pytest.raises(ConnectionRefusedError):
        get(8888)


def test_the_same_port_is_the_default(pod_of_web: Minipod) -> None:
    with forwarding(pod_of_web, "pod/web", "8080") as (_, port):
        assert port == 8080
        assert get(8080) == "web /\n"


def test_a_free_port_is_picked(pod_of_web: Minipod) -> None:
    with forwarding(pod_of_web, "web", ":8080") as (_, port):
        assert port not in {0, 8080}
        assert get(port) == "web /\n"


def test_several_connections_at_once(pod_of_web: Minipod) -> None:
    with forwarding(pod_of_web, "web", "8888:8080"), contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(
                contextlib.closing(http.client.HTTPConnection("127.0.0.1", 8888, timeout=10))
            )
            for _ in range(30)
        ]
        for round_ in range(3):
            for number, connection in enumerate(connections):
                connection.request("GET", f"/{round_}/{number}")
            answers = [connection.getresponse().read().decode() for connection in connections]
            assert answers == [f"web /{round_}/{number}\n" for number in range(30)]


def test_a_half_closed_connection_still_gets_its_answer(minipod: Minipod) -> None:
    minipod.create(pod("echo", container("main", ["python3", "-c", ECHO_AFTER_END])))
    eventually(lambda: minipod.json("ports", "echo"))
    sent = b"x" * 3_000_000
    with (
        forwarding(minipod, "echo", "7000"),
        socket.create_connection(("127.0.0.1", 7000), timeout=10) as client,
    ):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(4096):
            answer += part
    assert answer == b"3000000 bytes, then the end"


def test_nobody_listening_in_the_pod_closes_the_connection_only(pod_of_web: Minipod) -> None:
    with forwarding(pod_of_web, "web", "8888:9999") as (running, _):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            get(8888)
        assert running.poll() is None


def test_the_address_is_chosen(pod_of_web: Minipod) -> None:
    with forwarding(pod_of_web, "web", "8888:8080", f"--address={HOST_ADDRESS}"):
        assert get(8888, host=HOST_ADDRESS) == "web /\n"
        with pytest.raises(ConnectionRefusedError):
            get(8888)


def test_a_port_that_is_taken_is_an_error(pod_of_web: Minipod) -> None:
    with socket.create_server(("127.0.0.1", 8888)):
        complaint = pod_of_web.fails("port-forward", "web", "8888:8080")
    assert "8888" in complaint
    assert "in use" in complaint


def test_bad_ports_are_usage_errors(pod_of_web: Minipod) -> None:
    for bad in ("99999", "a:80", "0:99999", "80:"):
        pod_of_web.fails("port-forward", "web", bad, code=2)
    assert 'pods "x" not found' in pod_of_web.fails("port-forward", "x", "8080")
