"""What is said over netlink is read as it was written, and what is broken ends."""

from __future__ import annotations

import errno
import sys

from minipod.syscalls import netlink


def test_what_is_written_is_read() -> None:
    inner = netlink.attribute(3, b"odd") + netlink.attribute(4, b"even")
    body = b"head" + netlink.attribute(1 | netlink.NESTED, inner) + netlink.attribute(2, b"")
    one, other = netlink.message(16, netlink.ACK, 7, body), netlink.message(17, 0, 8, b"")
    (first, second) = netlink.messages(one + other)
    assert first[:3] == (16, netlink.ACK | netlink.REQUEST, 7)
    assert second == (17, netlink.REQUEST, 8, b"")
    (nested, empty) = netlink.attributes(first[3][4:])
    assert (nested[0], empty) == (1, (2, b""))
    assert list(netlink.attributes(nested[1])) == [(3, b"odd"), (4, b"even")]


def test_a_refusal_has_its_number_and_the_kernel_s_words() -> None:
    plain = (-errno.EEXIST).to_bytes(4, sys.byteorder, signed=True) + bytes(16)
    assert (netlink.errno_of(plain), netlink.reason_of(plain)) == (errno.EEXIST, "")
    assert netlink.reason_of(plain + netlink.attribute(1, b"no such bridge\0")) == "no such bridge"


def test_lengths_that_lead_nowhere_end_all_the_same() -> None:
    assert len(list(netlink.attributes(bytes(12)))) == 3
    assert len(list(netlink.messages(bytes(40)))) == 2
