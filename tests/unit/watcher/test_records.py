"""What a record of the kernel says."""

from __future__ import annotations

import time
from errno import EADDRINUSE
from typing import Any

import pytest

from minipod.watcher import records
from minipod.watcher.records import Decoder, Seen
from tests.unit.watcher.kernels import common, layout, record, sockaddr

REFUSED = -EADDRINUSE


def decoded(*, known: bool = True, nested: bool = False, **fields: Any) -> Seen:
    """Return what a record of these fields says."""
    seen = Decoder(layout() if known else None, nested=nested).decode(record(**fields))
    assert seen is not None
    return seen


def test_a_bind_that_succeeded_says_who_and_where() -> None:
    """Every field, with the kernel's structures known."""
    fields = decoded(common=common("127.0.0.1", 8080, reuse=1)).fields()
    began = fields.pop("time")
    assert began == pytest.approx(time.time() - time.monotonic() + 5, abs=1)
    assert fields == {
        "seq": 0,
        "call": "bind",
        "failed": False,
        "pid": 4312,
        "name": "nc",
        "command": "nc -l",
        "cgroup": 77,
        "uid": 1000,
        "protocol": "TCP",
        "family": 4,
        "address": "127.0.0.1",
        "port": 8080,
        "inode": 900,
        "netns": 4026531833,
        "reuseaddr": True,
        "reuseport": False,
        "count": 1,
    }


def test_without_the_kernels_structures_it_says_what_was_asked_for() -> None:
    """Nothing of the socket, and no command line."""
    seen = decoded(known=False, sockaddr=sockaddr("10.0.0.1", 53), result=REFUSED)
    assert (seen.failed, seen.address, seen.port, seen.family) == (True, "10.0.0.1", 53, 4)
    assert (seen.inode, seen.netns, seen.protocol, seen.command, seen.reuseaddr) == (None,) * 5


def test_a_socket_that_another_thread_closed_meanwhile_is_not_guessed() -> None:
    """The address is known by the call alone."""
    seen = Decoder(layout()).decode(record(known=0, sockaddr=sockaddr("::1", 70)))
    assert seen is not None
    assert (seen.address, seen.port, seen.protocol, seen.inode) == ("::1", 70, None, None)


def test_a_bind_that_failed_says_the_address_that_was_wanted() -> None:
    """Not what the socket says, which got none."""
    seen = decoded(
        result=REFUSED, sockaddr=sockaddr("::", 8080), common=common("::1", 0, only=1, reuseport=1)
    )
    assert (seen.address, seen.port, seen.family) == ("::", 8080, 6)
    assert (seen.v6only, seen.reuseport, seen.reuseaddr) == (True, True, False)


def test_a_port_that_the_kernel_chose_is_told() -> None:
    """Not the 0 that was asked for."""
    seen = decoded(sockaddr=sockaddr("0.0.0.0", 0), common=common("0.0.0.0", 40123))
    assert seen.port == 40123


def test_a_port_that_the_kernel_chose_is_passed_over_where_it_is_not_known() -> None:
    """Without the socket there is only the 0."""
    assert Decoder(None).decode(record(sockaddr=sockaddr("0.0.0.0", 0))) is None


def test_a_listen_that_failed_says_where_its_socket_is_bound() -> None:
    """IPv6 only, or both: as the socket has it."""
    nothing = bytes(24)
    fields = {"call": records.LISTEN, "result": REFUSED, "sockaddr": nothing}
    seen = decoded(**fields, common=common("::", 80))
    assert (seen.call, seen.address, seen.port, seen.v6only) == ("listen", "::", 80, False)
    seen = decoded(known=False, **fields)
    assert (seen.call, seen.failed, seen.address, seen.port) == ("listen", True, None, None)


def test_what_is_no_port_is_passed_over() -> None:
    """Unix sockets, raw sockets, and a listen that nothing is known of."""
    unix = b"\1\0" + bytes(22)
    assert Decoder(None).decode(record(sockaddr=unix, result=REFUSED)) is None
    assert Decoder(layout()).decode(record(protocol=255, result=REFUSED)) is None
    assert Decoder(None).decode(record(call=records.LISTEN, sockaddr=bytes(24))) is None


@pytest.mark.parametrize(
    ("number", "protocol"), [(6, "TCP"), (262, "TCP"), (17, "UDP"), (132, "SCTP")]
)
def test_protocols_have_their_names(number: int, protocol: str) -> None:
    """Multipath TCP is TCP."""
    assert decoded(protocol=number).protocol == protocol


def test_a_group_can_be_passed_over() -> None:
    """The watcher's own: it binds only to be seen by itself, or to be measured."""
    decoder = Decoder(layout())
    decoder.ignored = 77
    assert decoder.decode(record(cgroup=77)) is None
    assert decoder.decode(record(cgroup=78)) is not None


def test_a_process_is_numbered_as_proc_does() -> None:
    """In a nested PID namespace the program in the kernel looks it up."""
    assert decoded(nested=True).pid == 12


@pytest.mark.parametrize(
    ("arguments", "size", "command"),
    [
        (b"python3\0-m\0http.server\0", 23, "python3 -m http.server"),
        (b"sh\0-c\0exit 1\0", 13, "sh -c 'exit 1'"),
        (b"prog\0\0", 6, "prog ''"),
        (b"nginx: worker process\0\0\0\0", 24, "nginx: worker process"),
        (b"title over all", 14, "title over all"),
        (b"caf\xc3\xa9\0\xff\0", 8, "'café' '\ufffd'"),
        (b"a\0" * 128, 300, "a " * 128 + "''…"),
        (b"x" * 256, 1000, "x" * 256 + "…"),
        (b"", 0, None),
        (b"\0\0", 2, None),
    ],
)
def test_a_command_line_reads_as_typed(arguments: bytes, size: int, command: str | None) -> None:
    """Cut where there was no room for more, and then it says so."""
    seen = decoded(arguments=arguments, arguments_size=size)
    assert seen.command == command


def test_a_command_line_that_could_not_be_read_is_not_known() -> None:
    """Never guessed."""
    assert decoded(arguments=None).command is None
