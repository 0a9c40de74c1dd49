"""Messages between server, zygote, sandbox and clients."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from minipod.sandbox import messages
from minipod.sandbox.protocol import INLINE, LARGE

if TYPE_CHECKING:
    from collections.abc import Iterator

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Give both ends of a conversation."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize("size", [0, INLINE - 20, INLINE, 4_000_000])
def test_a_message_of_any_size_arrives_whole(pair: Pair, size: int) -> None:
    """Long ones too, for which the socket's buffer would be too small."""
    message = {"op": "start", "text": "é" * (size // 2)}
    messages.send(pair[0], message)
    assert messages.receive(pair[1]) == (message, [])


@pytest.mark.parametrize("size", [0, INLINE])
def test_descriptors_arrive_in_their_order(pair: Pair, size: int) -> None:
    """They are the same files, and no program that is executed later inherits them."""
    reader, writer = os.pipe()
    messages.send(pair[0], {"text": "x" * size}, [reader, writer])
    received = messages.receive(pair[1])
    assert received is not None
    assert [os.fstat(each).st_ino for each in received[1]] == [os.fstat(reader).st_ino] * 2
    os.write(received[1][1], b"through")
    assert os.read(reader, 10) == b"through"
    assert [os.get_inheritable(each) for each in received[1]] == [False, False]
    for descriptor in (reader, writer, *received[1]):
        os.close(descriptor)


def test_the_end_is_none(pair: Pair) -> None:
    """When the other end has hung up there is no message."""
    pair[0].close()
    assert messages.receive(pair[1]) is None


def test_nothing_yet_is_told_apart_from_the_end(pair: Pair) -> None:
    """Without waiting: BlockingIOError."""
    with pytest.raises(BlockingIOError):
        messages.receive(pair[1], socket.MSG_DONTWAIT)


@pytest.mark.parametrize(
    "text", [b"not json", b"[1]", b"{", b"\xff", LARGE, b"[" * 20000, b'"x"' + b" " * INLINE]
)
def test_what_is_no_message_is_an_error_and_leaves_no_descriptor(pair: Pair, text: bytes) -> None:
    """Whatever a broken peer sends, it is an OSError, and its descriptors are closed."""
    reader, writer = os.pipe()
    socket.send_fds(pair[0], [text], [writer])
    os.close(writer)
    with pytest.raises(OSError, match="not a message"):
        messages.receive(pair[1])
    assert os.read(reader, 1) == b""  # the last writer is gone
    os.close(reader)


def test_a_file_that_is_too_large_is_refused(pair: Pair) -> None:
    """A peer cannot make us take in more than a message ever needs."""
    file = os.memfd_create("huge")
    os.truncate(file, 1 << 30)
    socket.send_fds(pair[0], [LARGE], [file])
    os.close(file)
    with pytest.raises(OSError, match="1073741824 bytes"):
        messages.receive(pair[1])
