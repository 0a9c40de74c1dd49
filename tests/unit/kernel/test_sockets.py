"""Reading the kernel's answers: played, for what a quiet machine does not show."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct

import pytest

from minipod.errors import HostError, StepFailed
from minipod.kernel.sockets import bound, open_here, open_in
from minipod.model.pod import Protocol
from minipod.model.sockets import Socket, SocketState

DUMP_INTR = 0x10
ERROR, DONE, FOUND = 2, 3, 20


def answer(kind: int, sequence: int, body: bytes = b"\0\0\0\0", flags: int = 0) -> bytes:
    """Return one netlink message."""
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def listener(address: str, port: int, inode: int, *attributes: bytes) -> bytes:
    """Return an inet_diag_msg of a socket of uid 7."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address).ljust(16, b"\0")
    head = struct.pack("=BBBB", family, 10, 0, 0) + port.to_bytes(2, "big") + bytes(2)
    return head + packed + bytes(16 + 12 + 12) + struct.pack("=II", 7, inode) + b"".join(attributes)


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, filled up to four bytes as the kernel does."""
    return struct.pack("=HH", 4 + len(value), kind) + value.ljust(-(-len(value) // 4) * 4, b"\0")


class Kernel:
    """Plays a sock_diag socket: each question gets the next of `scripts`, then an empty table."""

    def __init__(self, *scripts: list[tuple[int, bytes, int]]) -> None:
        self.scripts = list(scripts)
        self.questions: list[tuple[int, int]] = []
        self.answers: list[bytes] = []
        self.dumb = False

    def settimeout(self, timeout: float) -> None:
        pass

    def send(self, question: bytes) -> None:
        _, _, _, sequence, _ = struct.unpack_from("=IHHII", question)
        self.questions.append((question[16], question[17]))
        script = self.scripts.pop(0) if self.scripts else []
        stale = answer(FOUND, sequence - 1, listener("192.0.2.1", 1, 1))
        found = [answer(kind, sequence, body, flags) for kind, body, flags in script]
        self.answers = [stale + b"".join(found), answer(DONE, sequence)]

    def recv(self, _size: int) -> bytes:
        if self.dumb:
            raise TimeoutError("timed out")
        return self.answers.pop(0)


def test_asks_for_both_families_of_both_protocols_apart():
    kernel = Kernel()
    assert bound(kernel) == ()
    assert sorted(kernel.questions) == sorted(
        (family, protocol)
        for family in (socket.AF_INET, socket.AF_INET6)
        for protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP)
    )


def test_reads_address_port_owner_and_attributes():
    body = listener(
        "2001:db8::1",
        8080,
        4711,
        attribute(8, b"\0"),
        attribute(11, b"\1"),
        attribute(21, (1 << 33).to_bytes(8, "little")),
    )
    assert bound(Kernel([(FOUND, body, 0)])) == (
        Socket(
            Protocol.TCP, "2001:db8::1", 8080, 4711, 1 << 33, 7, SocketState.LISTENING, v6only=True
        ),
    )


def test_a_kernel_that_tells_no_group_gives_group_0():
    (found,) = bound(Kernel([(FOUND, listener("0.0.0.0", 53, 5), 0)]))
    assert (found.cgroup, found.v6only) == (0, None)


def test_a_table_that_changed_meanwhile_is_read_again():
    torn = [(FOUND, listener("0.0.0.0", 1, 1), DUMP_INTR)]
    whole = [
        (FOUND, listener("0.0.0.0", 1, 1), 0),
        (FOUND, listener("0.0.0.0", 2, 2), 0),
    ]
    assert [found.port for found in bound(Kernel(torn, whole))] == [1, 2]


def test_a_table_that_never_rests_is_taken_as_it_is():
    torn = [(FOUND, listener("0.0.0.0", 1, 1), DUMP_INTR)]
    kernel = Kernel(*[torn] * 20)
    assert {found.port for found in bound(kernel)} == {1}
    assert len(kernel.questions) == 20


def test_a_refusal_says_why():
    refused = (-errno.ENOENT).to_bytes(4, "little", signed=True)
    with pytest.raises(HostError, match="cannot list sockets: No such file") as caught:
        bound(Kernel([(ERROR, refused, 0)]))
    assert caught.value.hint


def test_a_kernel_that_does_not_answer_is_not_waited_for():
    silent = Kernel()
    silent.dumb = True
    with pytest.raises(HostError, match="cannot list sockets: timed out"):
        bound(silent)


class Refusing:
    """A namespace in which no socket is made."""

    async def socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        raise StepFailed("make a socket", "Operation not permitted", errno=errno.EPERM)


def test_a_socket_that_is_refused_is_told_with_what_it_was_wanted_for():
    with pytest.raises(HostError) as caught:
        asyncio.run(open_in(Refusing()))
    told = (
        "cannot list sockets: cannot ask the kernel for them (sock_diag): Operation not permitted"
    )
    assert str(caught.value) == told
    assert caught.value.hint.startswith("'minipod doctor'")


def test_one_that_is_refused_on_the_machine_is_told_alike(monkeypatch):
    def refuse(*_: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(HostError, match=r"\(sock_diag\): Operation not permitted"):
        open_here()
