"""Forwards beside a program's own work, in a pod whose loopback is this machine's."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from minipod.client.client import Client
from minipod.client.pod import Pod
from minipod.errors import BadRequest, Conflict, HostError
from tests.support.fake_sandbox import FakeSandbox, inside
from tests.support.wait import eventually
from tests.unit.client.ports.test_forward import POD, echo, received, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from minipod.client.ports.port_forward import PortForward


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[FakeSandbox]:
    with FakeSandbox(tmp_path, "u", inside) as sandbox:
        yield sandbox


@pytest.fixture
def pod(tmp_path: Path, sandbox: FakeSandbox) -> Pod:
    return Pod(Client(tmp_path), POD)


def dial(forward: PortForward) -> socket.socket:
    return socket.create_connection((forward.address, forward.port), timeout=10)


def say(connection: socket.socket, data: bytes) -> bytes:
    """Send all of it while the echo is read, and return the echo."""
    sender = threading.Thread(target=lambda: (connection.sendall(data), shut(connection)))
    sender.start()
    heard = received(connection)
    sender.join()
    return heard


def shut(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)


def test_a_forward_leads_to_the_pod_until_it_is_closed(pod: Pod) -> None:
    with serving(echo) as remote:
        with pod.forward(remote) as forward, dial(forward) as connection:
            connection.sendall(b"hello")
            assert connection.recv(10) == b"hello"
            assert pod.client.forwards == {forward}
            assert repr(forward) == f"<PortForward 127.0.0.1:{forward.port} -> {remote}>"
        assert not pod.client.forwards
        with pytest.raises(ConnectionRefusedError):
            dial(forward)
        forward.close()


def test_closing_breaks_what_is_open_and_leaves_no_thread_and_no_descriptor(pod: Pod) -> None:
    served = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.sendall(connection.recv(10))
            served.wait(10)

    with serving(answer) as remote:
        before = len(os.listdir("/proc/self/fd"))
        threads = {thread.name for thread in threading.enumerate()}
        forward = pod.forward(remote)
        with dial(forward) as connection:
            connection.sendall(b"hello")
            assert connection.recv(10) == b"hello"
            pod.client.close()
            with pytest.raises(ConnectionResetError):
                received(connection)
        served.set()
        assert f"forward {forward.port}" not in {t.name for t in threading.enumerate()} - threads
        eventually(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_the_pod_s_end_closes_it(pod: Pod, sandbox: FakeSandbox) -> None:
    with serving(echo) as remote, pod.forward(remote) as forward:
        sandbox.close()

        def refused() -> bool:
            try:
                dial(forward).close()
            except ConnectionRefusedError:
                return True
            except ConnectionResetError:
                return False  # it was still waiting to be accepted when the end came
            return False

        eventually(refused)


def test_forwards_of_many_threads_do_not_mix_what_they_carry(tmp_path: Path) -> None:
    def carry(number: int) -> bool:
        with FakeSandbox(tmp_path, f"u{number}", inside):
            raw = POD | {"metadata": POD["metadata"] | {"uid": f"u{number}"}}
            with Pod(Client(tmp_path), raw).forward(remote) as forward, dial(forward) as connection:
                data = bytes([number]) * 3_000_000
                return say(connection, data) == data

    with serving(echo) as remote, ThreadPoolExecutor(4) as pool:
        assert all(pool.map(carry, range(4)))


def test_a_connection_is_made_in_the_pod(pod: Pod) -> None:
    with serving(echo) as remote, pod.connect(remote, timeout=5) as connection:
        connection.sendall(b"hi")
        assert connection.recv(10) == b"hi"
        assert connection.gettimeout() == 5


def test_nobody_there_is_told_with_the_kernel_s_error(pod: Pod) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # so that nobody else listens there
        port = deaf.getsockname()[1]
        with pytest.raises(HostError) as caught:
            pod.connect(port)
    assert str(caught.value) == f'cannot connect to port {port} of pod "web": connection refused'
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_port_may_be_named_and_must_be_declared_then(pod: Pod) -> None:
    with pod.forward("http") as forward:
        assert repr(forward).endswith(" -> 80>")
    with pytest.raises(BadRequest, match='declares no port named "nope"'):
        pod.forward("nope")


def test_a_taken_port_and_a_pod_that_does_not_run_are_told(tmp_path: Path, pod: Pod) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(HostError, match="address already in use"):
            pod.forward(80, local=taken.getsockname()[1])
        eventually(lambda: len(os.listdir("/proc/self/fd")) <= before)
    pending = Pod(Client(tmp_path), POD | {"status": {"phase": "Pending"}})
    with pytest.raises(Conflict, match="Current status=Pending"):
        pending.forward(80)
    assert not pending.client.forwards
