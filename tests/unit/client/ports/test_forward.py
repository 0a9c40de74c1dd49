"""Port-forwarding, in a pod whose loopback is this machine's."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from minipod.client.ports import forward, listening
from minipod.client.ports.listening import Forward, Ports
from minipod.errors import BadRequest, Conflict, HostError, Unavailable
from tests.support.fake_sandbox import FakeSandbox, inside
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POD = {
    "metadata": {"namespace": "default", "name": "web", "uid": "u"},
    "spec": {"containers": [{"name": "a", "ports": [{"name": "http", "containerPort": 80}]}]},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("80", Ports(None, "80")),
        ("8888:80", Ports(8888, "80")),
        (":80", Ports(0, "80")),
        ("0:80", Ports(0, "80")),
        ("8888:http", Ports(8888, "http")),
    ],
)
def test_what_ports_are_asked_for(text: str, wanted: Ports) -> None:
    assert listening.parse(text) == wanted


@pytest.mark.parametrize("text", ["", ":", "80:", "99999", "0", "1:0", "a:80", "65536:80", "1:2:3"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        listening.parse(text)


def test_names_become_numbers() -> None:
    assert listening.resolve(Ports(None, "http"), POD) == Forward(80, 80)
    assert listening.resolve(Ports(0, "http"), POD) == Forward(0, 80)
    with pytest.raises(BadRequest, match='declares no port named "x"'):
        listening.resolve(Ports(1, "x"), POD)


def test_addresses() -> None:
    assert listening.addresses(["localhost", "10.0.0.1,::2"]) == [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "::2",
    ]


def test_a_free_port_is_the_same_for_every_address() -> None:
    one, other = listening.listen([Forward(0, 80)], ["127.0.0.1", "127.0.0.2"])
    with one.socket, other.socket:
        assert one.local == other.local != 0
        assert str(one) == f"127.0.0.1:{one.local} -> 80"
        assert str(one._replace(address="::1")) == f"[::1]:{one.local} -> 80"


def test_a_port_that_is_taken_is_refused_with_its_holder_and_frees_the_others() -> None:
    own = f"127.1.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"  # nobody else's: free stays free
    with socket.create_server((own, 0)) as taken, socket.socket() as other:
        other.bind((own, 0))
        free, port = other.getsockname()[1], taken.getsockname()[1]
        other.close()
        wanted = [Forward(free, 1), Forward(port, 1)]
        with pytest.raises(HostError, match=rf"port {port}: .*address already in use.*pid \d+"):
            listening.listen(wanted, [own])
        socket.create_server((own, free)).close()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(BadRequest, match="is not an IP address"):
        listening.listen([Forward(0, 1)], ["no-such-host.invalid"])


class Running(NamedTuple):
    """A forward that runs: where it listens, what it said, and its sandbox."""

    port: int
    handled: list[int]
    failed: list[tuple[int, str]]
    sandbox: FakeSandbox
    ended: list[str]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@contextmanager
def forwarding(root: Path, remote: int) -> Iterator[Running]:
    fake = FakeSandbox(root, "u", inside)
    (listener,) = listening.listen([Forward(0, remote)], ["127.0.0.1"])
    running = Running(listener.local, [], [], fake, [])
    events = forward.Events(
        running.handled.append, lambda port, why: running.failed.append((port, why))
    )

    def run() -> None:
        with forward.sandbox_of(str(root), POD) as sandbox, listener.socket:
            try:
                forward.forward(sandbox, [listener], events)
            except Unavailable as error:
                running.ended.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield running
    finally:
        fake.close()
        thread.join(10)
    assert running.ended == ["lost connection to pod"]


@contextmanager
def serving(talk: Callable[[socket.socket], None], family: int = socket.AF_INET) -> Iterator[int]:
    """Serve each connection on a thread; give the port."""
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.create_server((host, 0), family=family) as listening_socket:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening_socket.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening_socket.getsockname()[1]
        listening_socket.shutdown(socket.SHUT_RDWR)


def echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(1 << 16):
            connection.sendall(data)


def after_the_end(connection: socket.socket) -> None:
    """Answer only when the other side has said all, with more than fits into any buffer."""
    with connection:
        size = 0
        while data := connection.recv(1 << 16):
            size += len(data)
        connection.sendall(b"%d " % size + b"y" * 8_000_000)


def received(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def test_many_connections_at_once(tmp_path: Path) -> None:
    with serving(echo) as remote, forwarding(tmp_path, remote) as running, ExitStack() as stack:
        clients = [stack.enter_context(running.connect()) for _ in range(40)]
        for number, client in enumerate(clients):
            client.sendall(b"%d" % number)
        for number, client in enumerate(clients):
            assert client.recv(100) == b"%d" % number
        assert running.handled == [running.port] * 40


def test_half_close_and_back_pressure(tmp_path: Path) -> None:
    """The client says 4 MB, closes its half, lets the answer pile up, then reads all of it."""
    with (
        serving(after_the_end) as remote,
        forwarding(tmp_path, remote) as running,
        running.connect() as client,
    ):
        client.sendall(b"x" * 4_000_000)
        client.shutdown(socket.SHUT_WR)
        assert received(client) == b"4000000 " + b"y" * 8_000_000


def test_the_pod_s_end_is_passed_on_and_the_client_may_go_on(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def hang_up_first(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"bye")
            connection.shutdown(socket.SHUT_WR)
            heard.append(received(connection))

    with (
        serving(hang_up_first) as remote,
        forwarding(tmp_path, remote) as running,
        running.connect() as client,
    ):
        assert received(client) == b"bye"
        client.sendall(b"still here")
        client.shutdown(socket.SHUT_WR)
        eventually(lambda: heard == [b"still here"])


def test_a_reset_is_passed_on(tmp_path: Path) -> None:
    """Nobody takes half a transfer for the whole."""

    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.recv(10)
        connection.close()

    with (
        serving(reset) as remote,
        forwarding(tmp_path, remote) as running,
        running.connect() as client,
    ):
        client.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            received(client)


def test_a_server_on_the_pod_s_ipv6_loopback_is_reached(tmp_path: Path) -> None:
    with (
        serving(echo, socket.AF_INET6) as remote,
        forwarding(tmp_path, remote) as running,
        running.connect() as client,
    ):
        client.sendall(b"six")
        assert client.recv(100) == b"six"


def test_nobody_listening_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # so that nobody else listens there
        remote = deaf.getsockname()[1]
        with forwarding(tmp_path, remote) as running:
            for _ in range(2):
                with running.connect() as client:
                    assert received(client) == b""
            eventually(lambda: running.failed == [(remote, "connection refused")] * 2)


def test_connections_beyond_the_open_files_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "descriptors", lambda: 4)
    with serving(echo) as remote, forwarding(tmp_path, remote) as running, ExitStack() as stack:
        clients = [stack.enter_context(running.connect()) for _ in range(6)]
        for client in clients:
            client.sendall(b"x")
        for number, client in enumerate(clients):
            assert client.recv(1) == b"x"
            assert len(running.handled) <= number + 2
            client.close()


def test_a_pod_that_does_not_run_cannot_be_forwarded_to(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match=r"pod is not running. Current status=Running"):
        forward.sandbox_of(str(tmp_path), POD)
    with FakeSandbox(tmp_path, "u", inside), pytest.raises(Conflict, match=r"status=Pending"):
        forward.sandbox_of(str(tmp_path), POD | {"status": {"phase": "Pending"}})
