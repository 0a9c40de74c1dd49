"""Nothing is lost and nothing stays behind, whatever dies when."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minipod.errors import HostError, Unavailable
from minipod.sandbox import messages, zygote
from minipod.sandbox.protocol import LOCK_HELD
from tests.root.sandbox.lab import Lab, container, in_loop
from tests.support.wait import PATIENCE, eventually

CHATTY = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done"


@in_loop
async def test_a_pod_runs_on_without_a_server(lab: Lab) -> None:
    """Logs grow, exits are journalled and a told restart is made; the next server finds it all."""
    pod = await lab.pod()
    chatty = await pod.request("start", container=container("sh", "-c", CHATTY, name="chatty"))
    restart = {"on": "always", "delay": 0.1, "reset_after": 600.0}
    script = "sleep 0.3; exit 9"
    await pod.request("start", container=container("sh", "-c", script, restart=restart))
    pod.close()
    lines = len(lab.log_lines("a", "chatty"))
    assert [each["code"] for each in lab.exits("a", 2)] == [9, 9]
    assert len(lab.log_lines("a", "chatty")) > lines
    again = await lab.connect("a")
    assert (again.uid, again.pid) == ("a", pod.pid)
    chatty = {"attempt": 0, "id": chatty["id"], "pid": chatty["pid"]}
    assert again.containers == {"chatty": chatty}
    netns, pidfd = await again.namespace()
    assert os.fstat(netns).st_ino == os.stat(f"/proc/{pod.pid}/ns/net").st_ino
    os.close(netns)
    os.close(pidfd)


@in_loop
async def test_a_peer_that_never_reads_hinders_nobody(lab: Lab) -> None:
    """Hundreds of answers that are not read: the pod goes on, and the journal has it all."""
    await lab.pod()
    deaf = await lab.connect("a")
    connection = deaf._channel._socket
    deaf._channel._loop.remove_reader(connection)
    connection.setblocking(True)
    connection.settimeout(10 * PATIENCE)
    spec = container("true")
    sent = 0
    for number in range(300):
        named = {**spec, "name": f"t{number}", "cgroup": f"t{number}"}
        try:
            messages.send(connection, {"op": "start", "seq": number + 1, "container": named})
        except OSError:
            break  # it has been hung up on, which is right
        sent += 1
    again = await lab.connect("a")
    await again.request("start", container=container("true", name="last"))
    names = {each["name"] for each in lab.exits("a", 2)}
    eventually(lambda: "last" in {each["name"] for each in lab.journal("a", "exited")})
    assert names
    eventually(lambda: not unended(lab))
    # net.core.wmem_max decides how many: 195 on Linux 6.1
    assert 100 < len(lab.journal("a", "exited")) <= sent + 1


def unended(lab: Lab) -> set[str]:
    """Return the containers that the journal has begin and not end."""
    started, ended = (
        {each["name"] for each in lab.journal("a", event)} for event in ("started", "exited")
    )
    return started - ended


@in_loop
async def test_the_newest_server_wins(lab: Lab) -> None:
    """A second server takes the pod over; the first one is told by the end of its connection."""
    first = await lab.pod()
    second = await lab.connect("a")
    await second.request("start", container=container("true"))
    with pytest.raises(Unavailable):
        await first.request("start", container=container("true", name="d"))
    assert first.closed


@pytest.mark.timed
@in_loop
async def test_a_sandbox_that_is_killed_takes_all_with_it(lab: Lab) -> None:
    """kill -9 of the sandbox: its containers are gone within moments, sessions of their own too."""
    pod = await lab.pod()
    script = "setsid sh -c 'setsid sleep 1000 & sleep 1000' & wait"
    await pod.request("start", container=container("sh", "-c", script))
    eventually(lambda: len(lab.group_pids("a", "c")) >= 4)
    begin = time.monotonic()
    os.kill(pod.pid, signal.SIGKILL)
    eventually(lambda: not lab.group_pids("a", "c"), within=2)
    assert time.monotonic() - begin < 0.5 * PATIENCE
    with pytest.raises(Unavailable):
        await pod.request("start", container=container("true"))
    with pytest.raises(HostError, match="Connection refused"):
        await lab.connect("a")


@in_loop
async def test_a_torn_journal_is_taken_up_again(lab: Lab) -> None:
    """A line that a killed sandbox left unfinished hides none of those after it."""
    parent = lab.zygote()
    born = await lab.fork(parent, "a")
    os.kill(born.pid, signal.SIGKILL)
    journal = lab.root / "pods" / "a" / "journal"
    eventually(lambda: gone(born.pid))
    with journal.open("ab") as file:
        file.write(b'{"event": "exi')
    await lab.fork(parent, "a")
    assert [each["event"] for each in lab.journal("a")] == ["sandbox", "sandbox"]


def gone(pid: int) -> bool:
    """Return whether a process has ended, reaped or not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


@in_loop
async def test_a_server_that_dies_is_started_again(lab: Lab) -> None:
    """At once, with a new control socket; the pods of the old one are still there."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    old = lab.server_pid
    os.kill(old, signal.SIGKILL)
    lab.accept_server()
    assert lab.server_pid != old
    assert "c" in (await lab.connect("a")).containers
    await lab.fork(lab.zygote(), "b")
    assert (await lab.connect("b")).uid == "b"


def test_a_server_that_keeps_dying_is_started_ever_more_patiently(lab: Lab) -> None:
    """At once, after 0.1 s, after 0.2 s; a code other than 0 counts like a signal.

    A start takes its own time beside that, which differs by more than a pause on a slow machine.
    """
    delays = []
    for _ in range(4):
        begin = time.monotonic()
        lab.server.send(b"1")
        lab.accept_server()
        delays.append(time.monotonic() - begin)
    pauses = re.findall(r"ended with 1: it starts again in (\S+) s", lab.log.read_text())
    assert pauses == ["0", "0.1", "0.2", "0.4"]
    for delay, pause in zip(delays, pauses, strict=True):
        assert delay > float(pause)


def test_a_server_that_ends_with_0_ends_the_zygote(lab: Lab) -> None:
    """The zygote goes too, and its lock is free."""
    lab.server.send(b"0")
    assert lab.zygote_process.wait(10 * PATIENCE) == 0
    subprocess.run(["flock", "-n", lab.root / "server.lock", "true"], check=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@in_loop
async def test_a_signal_ends_server_and_zygote_but_no_pod(lab: Lab, number: int) -> None:
    """SIGTERM to the zygote becomes SIGTERM to the server; sandboxes stay."""
    pod = await lab.pod()
    lab.zygote_process.send_signal(number)
    assert lab.zygote_process.wait(10 * PATIENCE) == 0
    assert gone(lab.server_pid)
    await pod.request("start", container=container("true"))
    lab.exits("a")


@in_loop
async def test_a_killed_zygote_frees_its_lock_and_leaves_the_pods(lab: Lab) -> None:
    """Neither server nor sandbox holds the lock: a new zygote works beside the old pods."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    parent = lab.zygote()
    closed = asyncio.Event()
    parent.on_close = closed.set
    lab.zygote_process.kill()
    lab.zygote_process.wait()
    lab.zygote_process = lab.spawn_zygote()
    lab.accept_server()
    await lab.fork(lab.zygote(), "b")
    assert "c" in (await lab.connect("a")).containers
    assert (await lab.connect("b")).uid == "b"
    await closed.wait()
    assert parent.closed


def test_a_server_that_cannot_be_started_now_is_started_later(tmp_path: Path) -> None:
    """While a package is replaced there may be no program for a moment."""
    program, away = tmp_path / "python", tmp_path / "away"
    program.symlink_to(sys.executable)
    lab = Lab(tmp_path, program)
    try:
        program.rename(away)
        lab.server.send(b"7")
        told = "cannot start the server: No such file or directory: it starts again in "
        eventually(lambda: lab.log.read_text().count(told) > 1)
        when = lab.log.read_text().split(" ", 1)[0]
        assert re.fullmatch(r"time=\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}[+-]\d\d:\d\d", when)
        away.rename(program)
        lab.accept_server()
    finally:
        lab.close()


def test_zygote_and_server_leave_the_session_of_who_started_them(lab: Lab) -> None:
    """Both live in a group of their own, which is gone when they have ended."""
    group = lab.server_group
    assert (v2_group(lab.zygote_process.pid), v2_group(lab.server_pid)) == (group, group)
    lab.server.send(b"0")
    lab.zygote_process.wait(10 * PATIENCE)
    assert not list(Path("/sys/fs/cgroup").glob(f"**{group.parent}"))


def v2_group(pid: int) -> Path:
    """Return the group of a process in the v2 tree."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return Path(next(line for line in lines if line.startswith("0::"))[3:])


def test_a_second_zygote_of_a_root_goes_away_quietly(lab: Lab) -> None:
    """Exit code LOCK_HELD, nothing said."""
    done = subprocess.run(
        lab.zygote_argv(), capture_output=True, timeout=10 * PATIENCE, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (LOCK_HELD, b"", b"")


def test_a_wrong_command_line_is_told() -> None:
    """Usage on stderr, exit code 2."""
    argv = [sys.executable, "-I", "-S", zygote.__file__, "--root"]
    done = subprocess.run(argv, capture_output=True, timeout=10 * PATIENCE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: zygote.py --root ROOT")


@in_loop
async def test_a_sandbox_keeps_nothing_of_the_zygotes(lab: Lab) -> None:
    """Not the lock, not the control socket, not the stdio; its folder, loop, socket are its own."""
    pod = await lab.pod()
    links = [os.readlink(f"/proc/{pod.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pod.pid}/fd")]
    assert not [link for link in links if "server.lock" in link]
    assert sorted(re.sub(r"\d+", "N", link.rsplit("/", 1)[-1]) for link in links) == sorted(
        [
            *("null", "sandbox.log", "sandbox.log", "null", "a", "a", "journal"),
            *("anon_inode:[eventpoll]", "pipe:[N]", "pipe:[N]", "pid:[N]"),
            *("socket:[N]", "socket:[N]"),
        ]
    )


@in_loop
async def test_a_sandbox_that_cannot_be_says_why(lab: Lab) -> None:
    """A folder that is not there: the step and the path come back, and no process stays."""
    with pytest.raises(HostError, match="/no/such"):
        await lab.fork(lab.zygote(), "a", folder="/no/such")
    eventually(lambda: lab.group_pids("a", "_sandbox") == [])
