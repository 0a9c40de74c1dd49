"""Attempts are made with sockets from inside the pods, many at once, and none takes too long."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from minipod.client.ports import check as checking
from minipod.client.ports.check import check
from minipod.ports.reach import Attempt, Place, Result, Target
from tests.support.fake_sandbox import FakeSandbox, Said, inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Listen = Callable[..., int]

HERE = Place("default", "here", "u", "127.0.0.1")


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Path]:
    """Give the root of a pod whose network is this machine's."""
    with FakeSandbox(tmp_path, HERE.uid, inside):
        yield tmp_path


@pytest.fixture
def bound() -> Iterator[Callable[[socket.SocketKind], socket.socket]]:
    """Make sockets that are bound to some port."""
    made: list[socket.socket] = []

    def make(kind: socket.SocketKind) -> socket.socket:
        one = socket.socket(socket.AF_INET, kind)
        one.bind(("127.0.0.1", 0))
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def attempt(one: socket.socket) -> Attempt:
    protocol = "UDP" if one.type == socket.SOCK_DGRAM else "TCP"
    port = one.getsockname()[1]
    return Attempt(HERE, Target(HERE, protocol, port, frozenset({"0.0.0.0"}), declared=False))


def results(root: Path, *sockets: socket.socket, timeout: float = 5) -> list[Result]:
    return [one.result for one in check(str(root), [attempt(each) for each in sockets], timeout)]


def test_what_listens_is_reached_and_sees_a_quiet_client(pod: Path, bound) -> None:
    one = bound(socket.SOCK_STREAM)
    one.listen()
    assert results(pod, one) == [Result.REACHABLE]
    connection, _ = one.accept()
    with connection:
        assert connection.recv(1) == b""


def test_what_does_not_listen_refuses(pod: Path, bound) -> None:
    tcp, udp = bound(socket.SOCK_STREAM), bound(socket.SOCK_DGRAM)
    gone = attempt(udp)
    udp.close()
    assert results(pod, tcp) == [Result.REFUSED]
    assert [one.result for one in check(str(pod), [gone], 5)] == [Result.REFUSED]


def test_udp_that_answers_is_reached_and_gets_an_empty_datagram(pod: Path, bound) -> None:
    one = bound(socket.SOCK_DGRAM)
    heard: list[bytes] = []

    def answer() -> None:
        data, sender = one.recvfrom(10)
        heard.append(data)
        one.sendto(b"hello", sender)

    server = threading.Thread(target=answer)
    server.start()
    assert results(pod, one) == [Result.REACHABLE]
    server.join()
    assert heard == [b""]


def test_silence_ends_when_the_time_is_over(pod: Path, bound) -> None:
    full = bound(socket.SOCK_STREAM)
    full.listen(0)
    with socket.create_connection(full.getsockname()):
        begun = time.monotonic()
        silent = [bound(socket.SOCK_DGRAM) for _ in range(50)]
        assert results(pod, full, *silent, timeout=0.2) == [Result.NO_ANSWER, *[Result.SILENT] * 50]
        assert 0.2 <= time.monotonic() - begun < 8  # one by one it would be ten


def test_more_attempts_than_may_be_under_way_wait_for_their_turn(
    pod: Path, bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_AT_ONCE", 2)
    silent = [bound(socket.SOCK_DGRAM) for _ in range(5)]
    listening = bound(socket.SOCK_STREAM)
    listening.listen()
    begun = time.monotonic()
    assert results(pod, *silent, listening, timeout=0.05)[-1] is Result.REACHABLE
    assert time.monotonic() - begun >= 0.15


def test_a_pod_that_is_gone_cannot_try(tmp_path: Path, bound) -> None:
    one, other = bound(socket.SOCK_STREAM), bound(socket.SOCK_DGRAM)
    assert results(tmp_path, one, other) == [Result.UNTRIED, Result.UNTRIED]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (
            lambda said: [Said({"seq": said.content["seq"], "error": {"message": "too many"}}, [])],
            "cannot make a TCP socket in the pod: too many",
        ),
        (lambda _: [], "cannot hear the pod's sandbox: timed out"),
    ],
)
def test_a_sandbox_that_gives_no_socket_is_not_waited_for(
    tmp_path: Path, bound, monkeypatch: pytest.MonkeyPatch, answers, error: str
) -> None:
    monkeypatch.setattr(checking, "_PATIENCE", 0.1)
    with FakeSandbox(tmp_path, HERE.uid, answers):
        (one,) = check(str(tmp_path), [attempt(bound(socket.SOCK_STREAM))], 1)
        assert (one.result, one.error) == (Result.UNTRIED, error)
