"""The watcher on Linux 6.1, which allows the programs that other machines may refuse."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from minipod.model.binds import Call
from minipod.model.pod import Protocol
from minipod.watcher.protocol import Mechanism

if TYPE_CHECKING:
    from pathlib import Path

    from tests.root.watcher.lab import Lab
    from tests.support.command import Minipod

pytestmark = pytest.mark.vm

MECHANISMS = {
    "x86_64": (Mechanism.FEXIT, Mechanism.TRACEPOINT),
    "aarch64": (Mechanism.TRACEPOINT,),
}
"""By machine, the best first: Linux has what fexit needs on arm64 since 6.4 only."""

HERE = MECHANISMS[os.uname().machine]


class Pair(NamedTuple):
    """Two binds, the words for `Lab.program`, and what is told of the second, which fails."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    protocol: Protocol
    family: int
    address: str


PAIRS = {
    "TCP": Pair(
        ("AF_INET", "SOCK_STREAM", "127.0.0.1", "9001"),
        ("AF_INET", "SOCK_STREAM", "0.0.0.0", "9001"),
        *(Protocol.TCP, 4, "0.0.0.0"),
    ),
    "UDP": Pair(
        ("AF_INET", "SOCK_DGRAM", "0.0.0.0", "9001"),
        ("AF_INET", "SOCK_DGRAM", "127.0.0.1", "9001"),
        *(Protocol.UDP, 4, "127.0.0.1"),
    ),
    "IPv6": Pair(
        ("AF_INET6", "SOCK_STREAM", "::1", "9001"),
        ("AF_INET6", "SOCK_STREAM", "::", "9001"),
        *(Protocol.TCP, 6, "::"),
    ),
}


def test_the_best_mechanism_that_the_machine_has_is_in_use(lab: Lab) -> None:
    greeting = lab.watch().greeting
    assert greeting.mechanism is HERE[0], greeting.reasons
    assert greeting.kernel_fields, greeting.reasons


@pytest.mark.parametrize("mechanism", HERE)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_failing_bind_is_seen(lab: Lab, mechanism: Mechanism, pair: Pair) -> None:
    assert lab.watch(mechanism).greeting.mechanism is mechanism
    assert lab.program(*pair.first) == "ok"
    assert lab.program(*pair.second) == "98"
    (seen,) = lab.eventually(lab.failures)
    assert (seen.call, seen.protocol, seen.family) == (Call.BIND, pair.protocol, pair.family)
    assert (seen.address, seen.port, seen.cgroup) == (pair.address, 9001, lab.cgroup)


LISTENS_TWICE = """
import socket
made = [socket.socket() for _ in "12"]
for each in made:
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.bind(("127.0.0.1", 9002))
made[0].listen()
try:
    made[1].listen()
except OSError as error:
    print(error.errno, flush=True)
"""


@pytest.mark.parametrize("mechanism", HERE)
def test_a_failing_listen_is_seen(lab: Lab, mechanism: Mechanism) -> None:
    lab.watch(mechanism)
    process, said = lab.popen("python3", "-c", LISTENS_TWICE)
    assert said == "98"
    (seen,) = lab.eventually(lab.failures)
    assert (seen.call, seen.pid) == (Call.LISTEN, process.pid)
    assert (seen.address, seen.port, seen.cgroup) == ("127.0.0.1", 9002, lab.cgroup)


@pytest.mark.parametrize("mechanism", HERE)
def test_a_grandchild_that_was_gone_at_once_is_known_whole(
    lab: Lab, binder: Path, mechanism: Mechanism
) -> None:
    lab.watch(mechanism)
    assert lab.program("AF_INET6", "SOCK_STREAM", "::", "9003", "LISTEN") == "ok"
    _, pid = lab.popen(binder, "grandchild", "1", "9003")
    (seen,) = lab.eventually(lab.failures)
    assert (seen.pid, seen.command) == (int(pid), f"{binder} grandchild 1 9003")
    assert (seen.address, seen.port, seen.cgroup) == ("0.0.0.0", 9003, lab.cgroup)


def test_doctor_says_what_is_in_use_and_what_it_costs(minipod: Minipod) -> None:
    """Under emulation the ratios say little: they are shown, and not judged.

    Millions of calls take a minute.
    """
    minipod.ok("server", "start")
    done = minipod("doctor", timeout=600)
    said = done.stdout
    print(said, done.stderr)
    assert "there is no watcher" not in said
    assert f"seen by: {HERE[0]} (pid " in said
    assert re.search(r"any other system call, anywhere: \d+\.\d\d x", said)
