"""Sockets that carry the messages of `minipod.sandbox.protocol`: both sides, any loop."""

from __future__ import annotations

import json
import os
import socket
import struct
from contextlib import suppress
from errno import EPROTO

from minipod.sandbox.protocol import INLINE, LARGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Message = dict[str, Any]

_BACKLOG = 128
_CREDENTIALS = struct.Struct("3i")
_MOST_DESCRIPTORS = 8
_LARGEST = 1 << 24
_CUT = int(socket.MSG_TRUNC | socket.MSG_CTRUNC)
# Plain numbers: to join two of the socket module's own takes an enumeration longer than to send.
_NO_SIGNAL = int(socket.MSG_NOSIGNAL)
_CLOSE_ON_EXEC = int(socket.MSG_CMSG_CLOEXEC)
AT_ONCE = int(socket.MSG_DONTWAIT)
"""A flag for `send` and `receive`: BlockingIOError rather than wait."""
_ANCILLARY = socket.CMSG_SPACE(_MOST_DESCRIPTORS * 4)


def listen(folder: int, name: str) -> socket.socket:
    """Return a socket that listens in a folder, for root only. OSError.

    It is bound through a descriptor of the folder: a socket's path ends at 108 bytes.
    """
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    listener = socket.socket(
        socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    )
    mask = os.umask(0o177)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{name}")
    finally:
        os.umask(mask)
    listener.listen(_BACKLOG)
    return listener


def credentials(connection: socket.socket) -> tuple[int, int]:
    """Return pid and uid of who connected, as they are seen from here (unix(7), SO_PEERCRED)."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(told)
    return pid, uid


def send(
    peer: socket.socket, message: Message, descriptors: Sequence[int] = (), flags: int = 0
) -> None:
    """Send one message whole. OSError; BlockingIOError if the peer's buffer is full.

    The kernel wants a packet in one piece of memory, which it may not have for a long one: those
    go through a memfd.
    """
    text = json.dumps(message).encode()
    if len(text) <= INLINE:
        _send(peer, text, descriptors, flags)
        return
    file = os.memfd_create("message", os.MFD_CLOEXEC)
    try:
        os.truncate(file, len(text))
        os.pwrite(file, text, 0)
        _send(peer, LARGE, [*descriptors, file], flags)
    finally:
        os.close(file)


def _send(peer: socket.socket, text: bytes, descriptors: Sequence[int], flags: int) -> None:
    rights = struct.pack(f"{len(descriptors)}i", *descriptors)
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
    peer.sendmsg([text], ancillary, flags | _NO_SIGNAL)


def receive(peer: socket.socket, flags: int = 0) -> tuple[Message, list[int]] | None:
    """Return the next message and its descriptors, the caller's to close; None at the end.

    OSError (EPROTO) if what came is no message; BlockingIOError if there is none yet.
    """
    text, ancillary, status, _ = peer.recvmsg(INLINE, _ANCILLARY, flags | _CLOSE_ON_EXEC)
    descriptors = [
        descriptor
        for level, kind, rights in ancillary
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        for (descriptor,) in struct.iter_unpack("i", rights[: len(rights) // 4 * 4])
    ]
    try:
        message = _parsed(text, descriptors, whole=not status & _CUT)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        _close(descriptors)
        raise OSError(EPROTO, f"not a message of minipod: {error}") from error
    if message is None:
        _close(descriptors)
        return None
    return message, descriptors


def _parsed(text: bytes, descriptors: list[int], *, whole: bool) -> Message | None:
    if not text:
        return None
    if not whole:
        raise ValueError("it was cut")
    message = json.loads(_take_file(descriptors) if text == LARGE else text)
    if not isinstance(message, dict):
        raise TypeError("it is not an object")
    return message


def _take_file(descriptors: list[int]) -> bytes:
    if not descriptors:
        raise ValueError("its text is missing")
    file = descriptors.pop()
    try:
        size = os.fstat(file).st_size
        if size > _LARGEST:
            raise ValueError(f"it has {size} bytes")
        return os.pread(file, size, 0)
    finally:
        os.close(file)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
