"""Sockets of a namespace, opened by real programs and judged by `ss`."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import pytest

from minipod.kernel import sockets
from minipod.model.pod import Protocol
from minipod.model.sockets import SocketState
from tests.support.groups import inside
from tests.support.host import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minipod.model.sockets import Socket

MAKE_SOCKET = """
import socket, sys
made = socket.socket(*map(int, sys.argv[2:5]))
with socket.socket(fileno=int(sys.argv[1])) as channel:
    socket.send_fds(channel, [b"x"], [made.fileno()])
"""

HOLD = "from socket import *\n{code}\nprint(flush=True)\ninput()"

EVERY_KIND = """
def tcp(family, address, port, backlog=True, **options):
    one = socket(family, SOCK_STREAM, options.get("protocol", 0))
    if "v6only" in options: one.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, options["v6only"])
    one.bind((address, port))
    one.listen()
    return one
def udp(family, address, port):
    one = socket(family, SOCK_DGRAM)
    one.bind((address, port))
    return one
held = [
    tcp(AF_INET, "0.0.0.0", 8080),
    tcp(AF_INET, "127.0.0.1", 8081),
    tcp(AF_INET6, "::", 8082, v6only=0),
    tcp(AF_INET6, "::", 8083, v6only=1),
    tcp(AF_INET6, "::1", 8084),
    tcp(AF_INET6, "::ffff:127.0.0.1", 8085, v6only=0),
    udp(AF_INET, "0.0.0.0", 8080),
    udp(AF_INET, "127.0.0.1", 53),
    udp(AF_INET6, "::", 8082),
]
# What is no port that is held: bound but silent, connected, and an accepted connection.
silent = socket(); silent.bind(("127.0.0.1", 9000))
peer = udp(AF_INET, "127.0.0.1", 9001); peer.connect(("127.0.0.1", 53))
client = create_connection(("127.0.0.1", 8081)); accepted = held[1].accept()
"""


CONNECTIONS = """
server = socket(); server.bind(("127.0.0.1", 8081)); server.listen()
dual = socket(AF_INET6); dual.bind(("::", 8082)); dual.listen()
def connected(family, address, port, listening):
    client = socket(family); client.connect((address, port))
    return client, listening.accept()[0]
open_pair = connected(AF_INET, "127.0.0.1", 8081, server)
mapped_pair = connected(AF_INET, "127.0.0.1", 8082, dual)
client, gone = connected(AF_INET, "127.0.0.1", 8081, server)
gone.close(); client.close()
client, closing = connected(AF_INET, "127.0.0.1", 8081, server)
client.shutdown(SHUT_WR)
udp = socket(AF_INET, SOCK_DGRAM); udp.bind(("127.0.0.1", 9001)); udp.connect(("127.0.0.1", 53))
silent = socket(); silent.bind(("127.0.0.1", 9000))
silent_six = socket(AF_INET6); silent_six.bind(("::1", 9000))
"""

STATES = {
    "LISTEN": SocketState.LISTENING,
    "UNCONN": SocketState.BOUND,
    "ESTAB": SocketState.CONNECTED,
    "CLOSE-WAIT": SocketState.CONNECTED,
    "FIN-WAIT-2": SocketState.CLOSING,
    "TIME-WAIT": SocketState.TIME_WAIT,
}
"""What `ss` calls the states that a test can have."""


class Seen(NamedTuple):
    """A socket as both sides tell it."""

    protocol: str
    state: SocketState
    address: str
    port: int
    peer: str
    inode: int
    uid: int
    v6only: bool | None


def list_of(*argv: str) -> list[str]:
    return list(argv)


class Pod:
    """A network namespace of the test's own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: list[subprocess.Popen[str]] = []

    async def socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a socket that a helper made inside, as a sandbox does."""
        return await asyncio.to_thread(self.make, family, kind, protocol)

    def make(self, *numbers: int) -> socket.socket:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            words = self.inside("-c", MAKE_SOCKET, *map(str, map(int, (theirs.fileno(), *numbers))))
            subprocess.run(words, pass_fds=[theirs.fileno()], check=True)
            _, (made,), _, _ = socket.recv_fds(ours, 1, 1)
        return socket.socket(fileno=made)

    def inside(self, *argv: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, sys.executable, "-S", *argv]

    def hold(
        self, code: str, enter: Callable[..., list[str]] = list_of, **options
    ) -> subprocess.Popen[str]:
        """Run a program that opens sockets and keeps them; return when it has."""
        child = subprocess.Popen(
            enter(*self.inside("-c", HOLD.format(code=code))),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        self.children.append(child)
        assert child.stdout.readline() == "\n"
        return child

    def bound(self) -> tuple[Socket, ...]:
        """Return what our reader finds that serves."""
        with asyncio.run(sockets.open_in(self)) as diag:
            return sockets.bound(diag)

    def held(self, ports: range | None = None) -> tuple[Socket, ...]:
        """Return all that our reader finds."""
        with asyncio.run(sockets.open_in(self)) as diag:
            return sockets.held(diag, ports=ports)

    def ss(self, which: str = "-l") -> set[Seen]:
        """Return what `ss` finds: listening TCP and unconnected UDP; with -a all."""
        text = run("ip", "netns", "exec", self.name, "ss", "-H", which, "-t", "-u", "-n", "-e")
        return {as_seen(line) for line in text.splitlines()}


def as_seen(line: str) -> Seen:
    protocol, state, _, _, local, peer, rest = (line + " -").split(maxsplit=6)
    address, _, port = local.rpartition(":")
    uid = re.search(r"uid:(\d+)", rest)
    v6only = re.search(r"v6only:(\d)", rest)
    inode = re.search(r"ino:(\d+)", rest)
    return Seen(
        protocol.upper(),
        STATES[state],
        "::" if address == "*" else address.strip("[]"),
        int(port),
        "" if peer.endswith(":*") else peer,
        int(inode[1]) if inode else 0,
        int(uid[1]) if uid else 0,
        v6only[1] == "1" if v6only else None,
    )


def told(found: tuple[Socket, ...]) -> set[Seen]:
    return {
        Seen(
            each.protocol,
            each.state,
            each.address,
            each.port,
            peer_of(each),
            each.inode,
            each.uid,
            each.v6only,
        )
        for each in found
    }


def peer_of(found: Socket) -> str:
    if found.peer is None:
        return ""
    address, port = found.peer
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@pytest.fixture
def pod() -> Iterator[Pod]:
    """Give a namespace with its loopback up."""
    made = Pod(f"pod-{uuid4().hex[:6]}")
    run("ip", "netns", "add", made.name)
    run("ip", "-n", made.name, "link", "set", "lo", "up")
    yield made
    for child in made.children:
        child.kill()
        child.communicate()
    run("ip", "netns", "delete", made.name)


def test_every_kind_of_socket_is_told_as_ss_tells_it(pod):
    pod.hold(EVERY_KIND)
    expected = pod.ss()
    assert len(expected) == 9
    assert told(pod.bound()) == expected


def test_what_holds_a_port_without_serving_is_told_as_ss_tells_it(pod):
    pod.hold(CONNECTIONS)
    silent = {each for each in pod.held() if each.port == 9000}
    connections = tuple(each for each in pod.held() if each not in silent)
    assert told(connections) == pod.ss("-a")
    assert {each.state for each in connections} == set(STATES.values()) - {SocketState.BOUND}
    there = {("127.0.0.1", SocketState.BOUND, None), ("::1", SocketState.BOUND, None)}
    assert {(each.address, each.state, each.peer) for each in silent} == (
        there if sockets.tells_silent() else set()
    )


def test_one_port_or_some_can_be_asked_for(pod):
    pod.hold(EVERY_KIND)
    asked = range(8081, 8083)
    assert told(pod.held(asked)) == {each for each in pod.ss("-a") if each.port in asked}
    assert {each.port for each in pod.held(range(8082, 8083))} == {8082}
    assert pod.held(range(1, 53)) == ()


def test_multipath_tcp_is_tcp(pod):
    """Go's servers listen so since 1.24."""
    pod.hold("held = socket(AF_INET, SOCK_STREAM, 262); held.bind(('', 8080)); held.listen()")
    assert told(pod.bound()) == pod.ss()
    assert [(each.protocol, each.port) for each in pod.bound()] == [(Protocol.TCP, 8080)]


def test_a_users_socket_bears_the_uid(pod):
    pod.hold("import os; os.setuid(4711); held = socket(); held.listen()")
    (found,) = pod.bound()
    assert found.uid == 4711
    assert told((found,)) == pod.ss()


def test_thousands_of_sockets_are_all_told(pod):
    pod.hold(
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))\n"
        "held = [socket(AF_INET, SOCK_DGRAM) for _ in range(3000)]\n"
        "for port, one in enumerate(held, 2000): one.bind(('127.0.0.1', port))"
    )
    found = pod.bound()
    assert {each.port for each in found} == set(range(2000, 5000))
    assert told(found) == pod.ss()


def test_one_namespace_never_shows_anothers_sockets(pod):
    with socket.socket() as outside:
        outside.bind(("127.0.0.1", 8080))
        outside.listen()
        assert pod.bound() == ()


def test_one_socket_can_be_asked_again_and_again(pod):
    with asyncio.run(sockets.open_in(pod)) as diag:
        assert sockets.bound(diag) == ()
        pod.hold("held = socket(); held.bind(('127.0.0.1', 8080)); held.listen()")
        assert [each.port for each in sockets.bound(diag)] == [8080]


def test_a_socket_bears_its_creators_group(pod, tree):
    tree.ensure("uid-1", ["web", "shell"])
    for name, port in (("web", 8080), ("shell", 8081)):
        code = f"held = socket(); held.bind(('', {port})); held.listen()"
        pod.hold(code, partial(inside, tree, "uid-1", name))
    assert {each.port: each.cgroup for each in pod.bound()} == {
        8080: tree.id("uid-1", "web"),
        8081: tree.id("uid-1", "shell"),
    }


def test_a_socket_bears_the_group_of_a_creator_that_is_dead(pod, tree):
    """A grandchild in another session opened it, and only a process outside has it now."""
    tree.ensure("uid-1", ["web"])
    theirs, ours = socket.socketpair()
    with theirs, ours:
        code = (
            "import os, time\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    held = socket(); held.bind(('', 8080)); held.listen()\n"
            f"    send_fds(socket(fileno={theirs.fileno()}), [b'x'], [held.fileno()])\n"
            "    os._exit(0)\n"
            "os.wait()"
        )
        pod.hold(code, partial(inside, tree, "uid-1", "web"), pass_fds=[theirs.fileno()])
        _, (held,), _, _ = socket.recv_fds(ours, 1, 1)
    with socket.socket(fileno=held):
        asyncio.run(tree.kill("uid-1"))
        pod.children[0].wait(5)
        (found,) = pod.bound()
        assert found.inode == os.fstat(held).st_ino
        assert found.cgroup == tree.id("uid-1", "web")
