"""The watcher's life: killed, left alone, asked to end, with every mechanism."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError
from minipod.syscalls import mounts
from minipod.watcher.protocol import LOCK_HELD, Mechanism
from minipod.watcher.remote import Position
from tests.root.watcher.lab import CONTAINER, HOLD, POD
from tests.support.groups import inside
from tests.support.wait import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.root.watcher.lab import Lab

TCP4 = ("AF_INET", "SOCK_STREAM", "127.0.0.1")


@contextmanager
def tracefs() -> Iterator[Path]:
    """Give the machine's tracing interface, mounted for the test alone."""
    top = mounts.detached("tracefs")
    try:
        yield Path(f"/proc/self/fd/{top}")
    finally:
        os.close(top)


def instances() -> set[str]:
    """Return the names of the instances of the tracing interface."""
    with tracefs() as top:
        return set(os.listdir(top / "instances"))


def ended(pid: int) -> bool:
    """Return whether a process has ended, be it a zombie still."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(") ")[2][0] in "ZX"


def left(lab: Lab) -> list[str]:
    """Say what a watcher that has ended left behind."""
    things = [lab.group_of_watcher(), Path(lab.root.path, "watcher.sock")]
    return [str(thing) for thing in things if thing.exists()]


def test_a_second_one_does_not_run(lab: Lab):
    first = lab.watch().greeting
    assert lab.start().wait(10 * PATIENCE) == LOCK_HELD
    lab.leave()
    assert lab.watch().greeting.pid == first.pid


def test_one_that_cannot_start_is_an_error_with_its_log(lab: Lab):
    with pytest.raises(HostError, match="it ended with 2") as caught:
        lab.watch("strace")
    assert caught.value.hint == f"its log is {lab.root.path}/watcher.log"
    assert "strace" in Path(lab.root.path, "watcher.log").read_text()


def test_asked_to_end_it_leaves_nothing(lab: Lab):
    connection = lab.watch()
    lab.run(connection.quit())
    lab.eventually(lambda: ended(connection.greeting.pid))
    assert left(lab) == []
    assert lab.closed == 1


def test_the_signal_to_end_is_as_good(lab: Lab):
    pid = lab.watch().greeting.pid
    os.kill(pid, signal.SIGTERM)
    lab.eventually(lambda: ended(pid))
    assert left(lab) == []


def test_without_a_server_it_ends_after_a_while(lab: Lab):
    process = lab.start("--patience", "0.5")
    lab.meet()
    lab.settled()  # takes part of its time, in which it must not end
    lab.leave()
    assert process.wait(10 * PATIENCE) == 0
    assert left(lab) == []


def test_it_does_not_end_while_it_has_a_server(lab: Lab):
    process = lab.start("--patience", "0.3")
    lab.meet()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    lab.settled()


def test_one_that_was_killed_is_followed_by_another_and_no_program_notices(lab: Lab):
    first = lab.watch().greeting
    holder, said = lab.popen(sys.executable, "-c", HOLD, *TCP4, "8080")
    assert said == "ok"
    os.kill(first.pid, signal.SIGKILL)
    lab.eventually(lambda: lab.closed)
    assert lab.program(*TCP4, "8080") == "98"
    assert holder.poll() is None
    lab.connection = None
    second = lab.watch().greeting
    assert second.life != first.life
    assert second.mechanism is first.mechanism
    assert lab.program(*TCP4, "8080") == "98"
    assert [call.seq for call in lab.eventually(lab.failures)] == [1]


def test_what_happened_without_a_server_is_told_to_the_next(lab: Lab):
    life = lab.watch().greeting.life
    assert lab.program(*TCP4, "8081") == "ok"
    assert lab.program(*TCP4, "8081") == "98"
    known = lab.eventually(lab.failures)[-1]
    lab.leave()
    assert lab.program(*TCP4, "8081", "SO_REUSEADDR") == "98"
    for after, refused in (
        (Position(life, known.seq), [True]),
        (Position("another life", known.seq), [False, True]),
        (None, [False, True]),
    ):
        lab.calls.clear()
        assert lab.meet(after).greeting.life == life
        lab.eventually(lambda: lab.failures() and lab.failures()[-1].reuseaddr)
        assert [call.reuseaddr for call in lab.failures()] == refused
        assert [call.port for call in lab.calls if not call.failed] == [8081]
        lab.leave()


def test_the_newest_server_wins(lab: Lab):
    first = lab.watch()
    second = lab.meet()
    lab.eventually(lambda: first.closed)
    assert (lab.closed, second.closed) == (1, False)
    lab.settled()


def test_paused_it_sees_nothing_and_costs_nothing(lab: Lab):
    connection = lab.watch()
    assert lab.program(*TCP4, "8082") == "ok"
    lab.run(connection.pause())
    assert lab.program(*TCP4, "8082") == "98"
    lab.run(connection.resume())
    lab.settled()
    assert [call.port for call in lab.failures()] == [1]


def test_a_server_that_goes_while_it_is_paused_has_it_see_again(lab: Lab):
    lab.run(lab.watch().pause())
    lab.leave()
    lab.meet()
    lab.settled()


def test_no_mount_is_made_for_it(lab: Lab):
    before = Path("/proc/self/mountinfo").read_text()
    for mechanism in ("tracepoint", "tracefs"):
        connection = lab.watch(mechanism)
        pid = connection.greeting.pid
        assert Path("/proc/self/mountinfo").read_text() == before
        assert Path(f"/proc/{pid}/mountinfo").read_text() == before
        lab.run(connection.quit())
        lab.eventually(lambda pid=pid: ended(pid))


def test_it_is_small(lab: Lab):
    pid = lab.watch().greeting.pid
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    private = sum(int(line.split()[1]) for line in rollup if line.startswith("Private"))
    assert private < 10_000  # kB; two thirds are Python's own


@pytest.mark.parametrize("mechanism", ["tracefs", "none"])
def test_only_the_mechanism_that_is_allowed_is_in_use(lab: Lab, mechanism: str):
    greeting = lab.watch(mechanism).greeting
    assert greeting.mechanism is Mechanism(mechanism), greeting.reasons
    assert "MINIPOD_WATCHER" in greeting.reasons["fexit"]
    assert not greeting.kernel_fields


def test_with_none_nothing_is_told(lab: Lab):
    connection = lab.watch("none")
    assert lab.program(*TCP4, "8083") == "ok"
    lab.run(connection.pause())
    lab.run(connection.resume())
    assert lab.calls == []


def test_tracefs_tells_time_process_and_name_of_what_a_pod_forks(lab: Lab):
    script = 'echo there; read line; exec "$@"'
    words = ["sh", "-c", script, "sh", sys.executable, "-c", HOLD, *TCP4, "8084"]
    pod = subprocess.Popen(
        inside(lab.tree, POD, CONTAINER, *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    lab._programs.append(pod)
    assert pod.stdout.readline() == "there\n"
    other = lab.popen(sys.executable, "-c", HOLD, *TCP4, "8084", container=None)
    assert other[1] == "ok"
    lab.watch("tracefs")
    assert lab.popen(sys.executable, "-c", HOLD, *TCP4, "8084", container=None)[1] == "98"
    pod.stdin.write("go\n")
    pod.stdin.flush()
    assert pod.stdout.readline() == "98\n"
    (seen,) = lab.eventually(lab.failures)
    assert (seen.pid, seen.call, seen.failed) == (pod.pid, "bind", True)
    assert seen.name == Path(f"/proc/{pod.pid}/comm").read_text().strip()
    assert (seen.address, seen.cgroup, seen.command) == (None, None, None)
    assert lab.delays[-1] < 1 * PATIENCE


def test_the_instance_of_tracefs_goes_with_the_watcher(lab: Lab):
    connection = lab.watch("tracefs")
    name = f"minipod-{lab.root.id}"
    assert name in instances()
    lab.run(connection.quit())
    lab.eventually(lambda: ended(connection.greeting.pid))
    assert name not in instances()


@pytest.mark.parametrize("mechanism", ["tracefs", "tracepoint", "none"])
def test_an_instance_that_a_killed_one_left_is_removed_by_the_next(lab: Lab, mechanism: str):
    pid = lab.watch("tracefs").greeting.pid
    os.kill(pid, signal.SIGKILL)
    lab.eventually(lambda: lab.closed)
    name = f"minipod-{lab.root.id}"
    assert name in instances()
    connection = lab.watch(mechanism)
    lab.run(connection.quit())
    lab.eventually(lambda: ended(connection.greeting.pid))
    assert name not in instances()
