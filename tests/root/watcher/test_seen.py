"""What is seen of real programs in a real control group; judged by ss, /proc and cgroupfs."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.model.binds import Call
from minipod.model.pod import Protocol
from minipod.watcher.protocol import Mechanism
from minipod.watcher.tracepoint import open_tracepoint
from tests.root.watcher.lab import HOLD, POD
from tests.support.host import run
from tests.support.wait import PATIENCE, eventually

if TYPE_CHECKING:
    from tests.root.watcher.lab import Lab

TCP4 = ("AF_INET", "SOCK_STREAM")
UDP4 = ("AF_INET", "SOCK_DGRAM")
TCP6 = ("AF_INET6", "SOCK_STREAM")


def command_lines(pid: str) -> bytes:
    """Return what /proc says that a process runs: nothing, of one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_mechanism_that_knows_the_process_is_in_use(lab):
    greeting = lab.watch().greeting
    assert greeting.mechanism in (Mechanism.FEXIT, Mechanism.TRACEPOINT)
    assert greeting.kernel_fields
    assert (greeting.lost, "kernel_fields" in greeting.reasons) == (0, False)
    assert run("ps", "-o", "comm=", "-p", str(greeting.pid)).strip() == "minipod-watcher"


def test_a_grandchild_that_was_gone_at_once_is_known_whole(lab: Lab, binder: Path):
    lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8080", "LISTEN") == "ok"
    process, pid = lab.popen(binder, "grandchild", "1", "8080", "it's me")
    process.wait(5)
    (loser,) = lab.eventually(lab.failures)
    eventually(lambda: not command_lines(pid))  # proc has nothing more to tell
    assert (loser.pid, loser.name) == (int(pid), "binder")
    assert loser.command == f"{binder} grandchild 1 8080 'it'\"'\"'s me'"
    assert (loser.cgroup, loser.uid) == (lab.cgroup, 0)
    assert (loser.call, loser.protocol, loser.family) == (Call.BIND, Protocol.TCP, 4)
    assert (loser.address, loser.port) == ("0.0.0.0", 8080)
    assert (loser.reuseaddr, loser.reuseport, loser.v6only) == (False, False, None)
    assert loser.netns == os.stat("/proc/self/ns/net").st_ino


def test_who_took_a_port_is_told_with_its_socket(lab: Lab):
    lab.watch()
    holder, said = lab.popen(sys.executable, "-c", HOLD, *TCP6, "::", "8081", "LISTEN")
    assert said == "ok"
    listen = lab.eventually(lambda: [call for call in lab.calls if call.call is Call.LISTEN])[0]
    bind = next(call for call in lab.calls if call.call is Call.BIND)
    shown = run("ss", "-H", "-ltnpe", "sport = :8081")
    assert re.search(rf"pid={holder.pid},.* ino:{listen.inode} ", shown), shown
    assert (bind.inode, bind.pid, listen.pid) == (listen.inode, holder.pid, holder.pid)
    assert (listen.failed, listen.address, listen.port, listen.family) == (False, "::", 8081, 6)
    assert listen.v6only is False
    assert listen.time >= bind.time


def test_a_udp_port_that_is_taken_is_told(lab: Lab):
    lab.watch()
    assert lab.program(*UDP4, "127.0.0.1", "5353") == "ok"
    taken = lab.eventually(lambda: lab.calls)[0]
    shown = run("ss", "-H", "-lune", f"sport = :{taken.port}")
    assert f" ino:{taken.inode} " in shown
    assert (taken.protocol, taken.address, taken.failed) == (Protocol.UDP, "127.0.0.1", False)


def test_who_asks_for_any_port_is_told_when_it_listens(lab: Lab):
    lab.watch()
    assert lab.program(*UDP4, "127.0.0.1", "0") == "ok"
    assert lab.program(*TCP4, "127.0.0.1", "0", "LISTEN") == "ok"
    (listen,) = lab.eventually(lambda: lab.calls)
    assert (listen.call, listen.failed) == (Call.LISTEN, False)
    shown = run("ss", "-H", "-ltne", f"sport = :{listen.port}")
    assert f" ino:{listen.inode} " in shown


@pytest.mark.parametrize(
    ("holder", "loser", "protocol", "family", "address", "v6only"),
    [
        ((*UDP4, "0.0.0.0"), (*UDP4, "127.0.0.1"), Protocol.UDP, 4, "127.0.0.1", None),
        ((*TCP6, "::1", "V6ONLY"), (*TCP6, "::", "V6ONLY"), Protocol.TCP, 6, "::", True),
        ((*TCP6, "::"), (*TCP4, "127.0.0.1"), Protocol.TCP, 4, "127.0.0.1", None),
        ((*TCP4, "127.0.0.1"), (*TCP6, "::"), Protocol.TCP, 6, "::", False),
        (
            (*TCP4, "127.0.0.1"),
            (*TCP6, "::ffff:127.0.0.1"),
            *(Protocol.TCP, 6, "::ffff:127.0.0.1", False),
        ),
    ],
)
def test_protocols_and_families(lab: Lab, holder, loser, protocol, family, address, v6only):  # noqa: PLR0917
    lab.watch()
    for words, result in ((holder, "ok"), (loser, "98")):
        family_, kind, where, *flags = words
        assert lab.program(family_, kind, where, "8082", *flags) == result
    (seen,) = lab.eventually(lab.failures)
    assert (seen.protocol, seen.family, seen.address) == (protocol, family, address)
    assert (seen.port, seen.v6only) == (8082, v6only)


def test_a_listen_that_failed_is_told_with_its_address(lab: Lab):
    lab.watch()
    both = (*TCP4, "127.0.0.1", "8083", "SO_REUSEADDR")
    assert lab.program(*both) == "ok"
    assert lab.program(*both, "LISTEN") == "ok"
    second, said = lab.popen(
        sys.executable,
        "-c",
        HOLD.replace("sys.stdin.read()", "sys.stdin.read(1); made.listen()"),
        *both,
    )
    assert said != "ok"  # it cannot even bind while the other listens
    assert second.wait(5) == 0
    failed = lab.eventually(lab.failures)
    assert failed[0].call is Call.BIND
    assert (failed[0].address, failed[0].port, failed[0].reuseaddr) == ("127.0.0.1", 8083, True)


def test_the_second_of_two_that_could_bind_fails_to_listen(lab: Lab):
    lab.watch()
    script = """
import socket
made = [socket.socket() for _ in "12"]
for each in made:
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.bind(("127.0.0.1", 8084))
made[0].listen()
try:
    made[1].listen()
except OSError as error:
    print(error.errno, flush=True)
"""
    process, said = lab.popen(sys.executable, "-c", script)
    process.wait(5)
    assert said == "98"
    (seen,) = lab.eventually(lab.failures)
    assert (seen.call, seen.address, seen.port) == (Call.LISTEN, "127.0.0.1", 8084)
    assert (seen.pid, seen.reuseaddr) == (process.pid, True)


def test_a_thread_is_its_process(lab: Lab, binder: Path):
    lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8085") == "ok"
    process, pid = lab.popen(binder, "thread", "1", "8085")
    process.wait(5)
    (seen,) = lab.eventually(lab.failures)
    assert seen.pid == int(pid) == process.pid


def test_an_abstract_unix_socket_is_no_port(lab: Lab):
    lab.watch()
    assert lab.program("AF_UNIX", "SOCK_STREAM", "@minipod-test", "0", "LISTEN") == "ok"
    assert lab.program("AF_UNIX", "SOCK_STREAM", "@minipod-test", "0") == "98"
    lab.settled()
    assert {call.port for call in lab.calls} == {1}


def test_others_on_the_machine_are_not_seen(lab: Lab):
    lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8086") == "ok"
    words = (sys.executable, "-c", HOLD, *TCP4, "127.0.0.1")
    assert lab.popen(*words, "8086", container=None)[1] == "98"
    assert lab.popen(*words, "8087", container=None)[1] == "ok"
    lab.settled()
    assert {call.port for call in lab.calls} == {8086, 1}
    assert [call.port for call in lab.failures()] == [1]


def test_a_group_that_a_container_makes_is_seen_too(lab: Lab):
    lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8088", container="web/deep") == "ok"
    (seen,) = lab.eventually(lambda: lab.calls)
    assert seen.cgroup == lab.tree.id(POD, "web/deep")


def test_of_a_thousand_in_a_row_none_is_lost(lab: Lab, binder: Path):
    connection = lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8089") == "ok"
    process, _ = lab.popen(binder, "losers", "1000", "8089")
    process.wait(30 * PATIENCE)
    lab.eventually(lambda: len(lab.failures()) == 1000)
    assert len({call.pid for call in lab.failures()}) == 1000
    assert {call.command for call in lab.failures()} == {f"{binder} losers 1000 8089"}
    assert connection.lost == 0


@pytest.mark.timed
def test_a_hundred_binds_a_second_are_one_record_told_now_and_then(lab: Lab, binder: Path):
    lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8090") == "ok"
    process, _ = lab.popen(binder, "loop", "100", "8090")
    lab.eventually(lambda: process.poll() is not None)
    lab.eventually(lambda: [call.count for call in lab.failures()] == [100])
    told = [call for call in lab.calls if call.failed]
    assert told[0].count <= 3  # at once, or within the 20 ms in which it is not woken again
    assert 3 <= len(told) <= 8  # it took a second or little more: told each 0.25 s


@pytest.mark.timed
def test_it_is_told_within_a_tenth_of_a_second(lab: Lab, binder: Path):
    lab.watch()
    assert lab.program(*TCP4, "127.0.0.1", "8091") == "ok"
    lab.eventually(lambda: lab.calls)
    lab.delays.clear()
    lab.popen(binder, "losers", "20", "8091")

    async def all_told() -> None:
        async with asyncio.timeout(10 * PATIENCE):
            while len(lab.delays) < 20:  # noqa: ASYNC110 - the loop must turn for the callbacks
                await asyncio.sleep(0.001)

    lab.run(all_told())
    assert sorted(lab.delays)[10] < 0.1 * PATIENCE, (
        lab.delays
    )  # the median: others have the machine too


def test_without_the_kernels_structures_it_tells_what_was_asked_for(lab: Lab, binder: Path):
    group = lab.tree.open_root()
    source = open_tracepoint(group, 0, None, 0)
    try:
        assert lab.program(*TCP4, "127.0.0.1", "8092", "LISTEN") == "ok"
        _, pid = lab.popen(binder, "grandchild", "1", "8092")
        told = source.read()
        eventually(lambda: told.extend(source.read()) or len(told) == 2)
        taken, refused = told
    finally:
        source.close()
        os.close(group)
    assert (taken.failed, taken.call, taken.address) == (False, "bind", "127.0.0.1")
    assert (refused.failed, refused.pid, refused.name) == (True, int(pid), "binder")
    assert (refused.address, refused.port, refused.cgroup) == ("0.0.0.0", 8092, lab.cgroup)
    assert (refused.command, refused.inode, refused.protocol) == (None, None, None)


def test_in_a_nested_pid_namespace_processes_have_their_numbers_there(lab: Lab):
    lab.start(through=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"))
    greeting = lab.meet().greeting
    assert greeting.pid == 1
    assert greeting.kernel_fields, greeting.reasons
