"""Messages of netlink(7): a header and a body each, and attributes in the body.

Source: include/uapi/linux/netlink.h.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Bytes = bytes | memoryview

REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
REPLACE, EXCLUSIVE, CREATE = 0x100, 0x200, 0x400
INTERRUPTED = 0x10
"""In the flags of an answer: what is told has changed meanwhile."""

ERROR, DONE = 2, 3
"""Kinds of answers; an error of number 0 is the acknowledgement that ACK asks for."""

NESTED = 0x8000
"""Of an attribute that holds attributes."""

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ERRNO = struct.Struct("=i")
_KIND = 0x3FFF
_MESSAGE = 1
"""NLMSGERR_ATTR_MSG."""


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Return a request."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags | REQUEST, sequence, 0) + body


def messages(data: bytes) -> Iterator[tuple[int, int, int, memoryview]]:
    """Yield kind, flags, sequence and body of each message in what was received."""
    view = memoryview(data)
    while len(view) >= _HEADER.size:
        length, kind, flags, sequence, _ = _HEADER.unpack_from(view)
        yield kind, flags, sequence, view[_HEADER.size : length]
        view = view[max(_aligned(length), _HEADER.size) :]


def errno_of(body: Bytes) -> int:
    """Return the number of an ERROR, from its body; 0 is an acknowledgement."""
    number: int = _ERRNO.unpack_from(body)[0]
    return -number


def reason_of(body: Bytes) -> str:
    """Return the kernel's own words in an ERROR; empty if it has none.

    The socket must have asked for them, and for no copy of the request (NETLINK_EXT_ACK, CAP_ACK).
    """
    for kind, value in attributes(body[_ERRNO.size + _HEADER.size :]):
        if kind == _MESSAGE:
            return bytes(value).rstrip(b"\0").decode(errors="replace")
    return ""


def attribute(kind: int, value: Bytes) -> bytes:
    """Return an attribute, filled up to the next one's place."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)


def attributes(data: Bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield kind (less NESTED) and value of each attribute."""
    view = memoryview(data)
    while len(view) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(view)
        yield kind & _KIND, view[_ATTRIBUTE.size : length]
        view = view[max(_aligned(length), _ATTRIBUTE.size) :]


def _aligned(length: int) -> int:
    return length + 3 & ~3
