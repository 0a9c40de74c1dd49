"""Containers: how they begin, what they are, how they end."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.errors import StepFailed
from minipod.sandbox.protocol import RUN
from tests.root.sandbox.lab import PATH, container, in_loop, status_of
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.root.sandbox.lab import Lab

KUBERNETES_CAPABILITIES = 0x00000000A80425FB
"""What `docker run debian grep Cap /proc/self/status` shows: the default of every runtime."""


@in_loop
async def test_exit_code_and_times_are_in_the_journal(lab: Lab) -> None:
    """A container that ends with 3 is recorded as started, then exited with 3."""
    pod = await lab.pod()
    before = time.time()
    started = await pod.request("start", container=container("sh", "-c", "exit 3"))
    (record,) = lab.exits("a")
    assert (record["code"], record["signal"], record["id"]) == (3, 0, started["id"])
    assert before <= record["started"] <= record["time"] <= time.time()
    assert [each["event"] for each in lab.journal("a")] == ["sandbox", "started", "exited"]


@in_loop
async def test_a_signal_that_ends_it_is_recorded(lab: Lab) -> None:
    """The code of a program that a signal ended is 128 and the signal's number."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    await pod.request("signal", name="c", signal=signal.SIGKILL)
    (record,) = lab.exits("a")
    assert (record["code"], record["signal"]) == (137, 9)


@in_loop
async def test_a_signal_reaches_a_program_that_catches_it(lab: Lab) -> None:
    """SIGTERM runs the program's own handler; what it exits with is recorded."""
    pod = await lab.pod()
    script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"
    await pod.request("start", container=container("sh", "-c", script))
    eventually(lambda: lab.output("a") == "ready\n")
    await pod.request("signal", name="c", signal=signal.SIGTERM)
    (record,) = lab.exits("a")
    assert (record["code"], record["signal"]) == (7, 0)


@in_loop
async def test_capabilities_are_exactly_those_of_kubernetes(lab: Lab) -> None:
    """The bounding, permitted and effective sets are the 14; nothing is inheritable."""
    pod = await lab.pod()
    pid = (await pod.request("start", container=container("sleep", "1000")))["pid"]
    status = status_of(pid)
    for name in ("CapBnd", "CapPrm", "CapEff"):
        assert int(status[name], 16) == KUBERNETES_CAPABILITIES
    for name in ("CapInh", "CapAmb"):
        assert int(status[name], 16) == 0


@in_loop
async def test_a_container_begins_clean(lab: Lab) -> None:
    """No signal is ignored or blocked, no descriptor but stdio is open, the session is its own."""
    pod = await lab.pod()
    spec = container("sleep", "1000", env={"PATH": PATH, "A": "b c"}, cwd="/var/new/folder")
    pid = (await pod.request("start", container=spec))["pid"]
    status = status_of(pid)
    assert {int(status[name], 16) for name in ("SigBlk", "SigIgn", "SigCgt", "ShdPnd")} == {0}
    # Kernel's own words: pid, process group and session as the container sees them.
    assert status["NSpid"].split()[-1] == status["NSsid"].split()[-1] == "1"
    assert status["Umask"] == "0022"
    assert status["Groups"] == ""
    # The dynamic linker has more of them for a moment.
    eventually(lambda: sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"])
    assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"
    assert os.readlink(f"/proc/{pid}/cwd") == "/var/new/folder"
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert sorted(environment) == sorted([b"", f"PATH={PATH}".encode(), b"A=b c"])
    assert lab.group_pids("a", "c") == [pid]


@in_loop
async def test_containers_share_network_hostname_and_ipc_but_no_processes(lab: Lab) -> None:
    """Two containers of a pod have the same net, uts and ipc namespaces; pid and mnt are apart."""
    pod = await lab.pod("kubia")
    pids = [
        (await pod.request("start", container=container("sleep", "1000", name=name)))["pid"]
        for name in ("c", "d")
    ]

    def same(kind: str, *processes: object) -> bool:
        return len({os.readlink(f"/proc/{each}/ns/{kind}") for each in processes}) == 1

    assert [same(kind, *pids) for kind in ("net", "uts", "ipc")] == [True] * 3
    assert [same(kind, *pids) for kind in ("pid", "mnt")] == [False] * 2
    kinds = ("net", "uts", "ipc", "pid", "mnt")
    assert [same(kind, pids[0], "self") for kind in kinds] == [False] * 5
    spec = container("sh", "-c", "hostname; ls -d /proc/[0-9]*", name="e")
    await pod.request("start", container=spec)
    lab.exits("kubia")
    assert lab.output("kubia", "e").split()[:2] == ["kubia", "/proc/1"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nope"], 'exec: "nope": executable file not found in $PATH'),
        (["/nope"], 'exec: "/nope": stat /nope: no such file or directory'),
        (["/etc/hostname"], 'exec: "/etc/hostname": permission denied'),
        (["/etc"], 'exec: "/etc": is a directory'),
        (["./script"], "exec ./script: exec format error"),
    ],
)
@in_loop
async def test_a_program_that_cannot_be_run_says_why(
    lab: Lab, argv: list[str], message: str, tmp_path: Path
) -> None:
    """The words are those of Kubernetes' runtimes; the journal says "failed", nothing is left."""
    script = tmp_path / "script"
    script.write_text("no magic, no program")
    script.chmod(0o755)
    pod = await lab.pod()
    with pytest.raises(StepFailed) as caught:
        await pod.request("start", container=container(*argv, cwd=str(tmp_path)))
    assert caught.value.step == RUN
    (record,) = lab.journal("a", "failed")
    assert record["error"]["message"] == message
    assert record["restart_at"] is None
    assert lab.group_pids("a", "c") == []


@in_loop
async def test_a_working_folder_that_cannot_be_is_named(lab: Lab) -> None:
    """A failure before the program runs carries the step, the errno and the path."""
    pod = await lab.pod()
    with pytest.raises(StepFailed, match="/etc/hostname/x") as caught:
        await pod.request("start", container=container("true", cwd="/etc/hostname/x"))
    assert caught.value.step == "enter the working folder /etc/hostname/x"
    assert caught.value.errno == 20


@in_loop
async def test_one_name_runs_once(lab: Lab) -> None:
    """A second start of a running container is refused, and the first one lives on."""
    pod = await lab.pod()
    pid = (await pod.request("start", container=container("sleep", "1000")))["pid"]
    with pytest.raises(StepFailed, match="it runs already"):
        await pod.request("start", container=container("sleep", "1000", attempt=1))
    assert lab.group_pids("a", "c") == [pid]


@in_loop
async def test_a_large_command_line_and_environment_arrive_whole(lab: Lab) -> None:
    """A container of one megabyte is started as well as a small one."""
    pod = await lab.pod()
    words = ["x" * 100_000] * 8
    spec = container("sh", "-c", "echo $# ${#BIG}", "sh", *words, env={"BIG": "y" * 100_000})
    spec["env"]["PATH"] = PATH
    await pod.request("start", container=spec)
    lab.exits("a")
    assert lab.output("a") == "8 100000\n"


@in_loop
async def test_three_hundred_starts_leave_nothing(lab: Lab) -> None:
    """300 short containers one after the other: each end is told, no descriptor is lost."""
    pod = await lab.pod()
    await pod.request("start", container=container("true"))
    lab.exits("a")
    before = len(os.listdir(f"/proc/{pod.pid}/fd"))
    for attempt in range(1, 300):
        spec = container(
            "sh", "-c", f"exit {attempt % 200}", attempt=attempt, name=f"c{attempt % 4}"
        )
        if attempt >= 5:
            eventually(lambda done=attempt - 3: len(lab.journal("a", "exited")) >= done)
        await pod.request("start", container=spec)
    records = lab.exits("a", 300)
    assert {each["attempt"]: each["code"] for each in records[1:]} == {
        attempt: attempt % 200 for attempt in range(1, 300)
    }
    eventually(lambda: len(os.listdir(f"/proc/{pod.pid}/fd")) == before)  # the last a moment later
    zombies = [pid for pid in children_of(pod.pid) if status_of(pid)["State"].startswith("Z")]
    assert zombies == []


def children_of(pid: int) -> list[int]:
    """Return the children that the kernel lists."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@in_loop
async def test_kill_ends_what_it_forked_too(lab: Lab) -> None:
    """SIGKILL reaches grandchildren that made a session of their own."""
    pod = await lab.pod()
    script = "setsid sleep 1000 & setsid sh -c 'sleep 1000 & sleep 1000' & wait"
    await pod.request("start", container=container("sh", "-c", script))
    eventually(lambda: len(lab.group_pids("a", "c")) >= 4)
    await pod.request("kill", name="c")
    (record,) = lab.exits("a")
    assert (record["code"], record["signal"]) == (137, 9)
    assert lab.group_pids("a", "c") == []


@in_loop
async def test_a_container_that_was_killed_starts_again(lab: Lab) -> None:
    """On Linux 6.12 and later a group that had cgroup.kill would kill the next one at birth."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    await pod.request("kill", name="c")
    lab.exits("a")
    again = container("sh", "-c", "exit 3") | {"attempt": 1}
    await pod.request("start", container=again)
    assert lab.exits("a", 2)[-1]["code"] == 3


@in_loop
async def test_the_end_of_the_first_process_ends_the_rest(lab: Lab) -> None:
    """When a container's first process ends, so does all that it left in the background."""
    pod = await lab.pod()
    await pod.request("start", container=container("sh", "-c", "setsid sleep 1000 & echo up"))
    lab.exits("a")
    assert lab.group_pids("a", "c") == []


@in_loop
async def test_a_restart_that_was_told_is_made_once(lab: Lab) -> None:
    """It comes after the delay, as the next attempt, and the next end has no restart."""
    pod = await lab.pod()
    restart = {"on": "always", "delay": 0.3, "reset_after": 600.0}
    await pod.request("start", container=container("true", restart=restart))
    first, second = lab.exits("a", 2)
    assert (first["attempt"], second["attempt"]) == (0, 1)
    assert first["restart_at"] == pytest.approx(first["time"] + 0.3, abs=0.05)
    assert second["started"] == pytest.approx(first["restart_at"], abs=0.2)
    assert second["started"] >= first["restart_at"] - 0.01
    assert second["restart_at"] is None


@in_loop
async def test_restart_on_failure_looks_at_the_code(lab: Lab) -> None:
    """With "failure", code 0 is final and 1 is not; a program that cannot be run failed."""
    pod = await lab.pod()
    restart = {"on": "failure", "delay": 0.0, "reset_after": 600.0}
    for name, argv in (("good", ["true"]), ("bad", ["false"])):
        await pod.request("start", container=container(*argv, name=name, restart=restart))
    with pytest.raises(StepFailed):
        await pod.request("start", container=container("nope", name="none", restart=restart))
    exits = lab.exits("a", 3)
    assert [each["attempt"] for each in exits if each["name"] == "good"] == [0]
    assert [each["attempt"] for each in exits if each["name"] == "bad"] == [0, 1]
    eventually(lambda: len(lab.journal("a", "failed")) == 2)
    assert [each["attempt"] for each in lab.journal("a", "failed")] == [0, 1]


@in_loop
async def test_a_restart_can_be_cancelled(lab: Lab) -> None:
    """Null cancels one that is due; a late word about one that has ended is refused."""
    pod = await lab.pod()
    restart = {"on": "always", "delay": 0.2, "reset_after": 600.0}
    await pod.request("start", container=container("true", restart=restart))
    lab.exits("a")
    await pod.request("restart", name="c", restart=None)
    with pytest.raises(StepFailed) as caught:
        await pod.request("restart", name="c", restart=restart)
    assert caught.value.errno == 3
    await pod.request("start", container=container("sh", "-c", "sleep 0.4", name="d"))
    lab.exits("a", 2)
    assert [each["name"] for each in lab.journal("a", "started")] == ["c", "d"]


@in_loop
async def test_a_long_run_restarts_at_once(lab: Lab) -> None:
    """One that ran `reset_after` seconds does not wait for the delay."""
    pod = await lab.pod()
    restart = {"on": "always", "delay": 60.0, "reset_after": 0.2}
    await pod.request("start", container=container("sleep", "0.3", restart=restart))
    first, _ = lab.exits("a", 2)
    assert first["restart_at"] == first["time"] or first["restart_at"] - first["time"] < 0.1


@in_loop
async def test_orphans_are_reaped(lab: Lab) -> None:
    """What a helper leaves behind in the pod's own PID namespace does not stay as a zombie."""
    pod = await lab.pod()
    # An exec is a child of the sandbox: its own children become the container's, not the pod's.
    await pod.request("start", container=container("sleep", "1000"))
    out = os.open(os.devnull, os.O_RDWR)
    for _ in range(5):
        run = await pod.exec("c", ["sh", "-c", "setsid true & exit 0"], (out, out, out))
        await run.ended
    os.close(out)
    assert all(not status_of(pid)["State"].startswith("Z") for pid in children_of(pod.pid))


@in_loop
async def test_log_lines_are_in_the_cri_format(lab: Lab) -> None:
    """Time with nanoseconds, stream, tag, text; long lines are cut at 16 KiB, an open end is P."""
    pod = await lab.pod()
    script = "echo one; echo two >&2; head -c 40000 /dev/zero | tr '\\0' x; echo; printf open"
    await pod.request("start", container=container("sh", "-c", script))
    lab.exits("a")
    lines = lab.log_lines("a")
    out = [line for line in lines if line[1] == "stdout"]
    assert [(tag, len(text)) for _, _, tag, text in out] == [
        ("F", 3),
        ("P", 16384),
        ("P", 16384),
        ("F", 40000 - 2 * 16384),
        ("P", 4),
    ]
    assert [line[2:] for line in lines if line[1] == "stderr"] == [("F", "two")]
    for when, *_ in lines:
        assert len(when) == len("2026-01-02T03:04:05.123456789Z")
        age = datetime.now(UTC) - datetime.fromisoformat(when[:26] + "+00:00")
        assert 0 <= age.total_seconds() < 60


@in_loop
async def test_output_that_is_held_elsewhere_does_not_keep_a_container(lab: Lab) -> None:
    """Another container may hold a copy of its stdout: the end is told, the pipe is closed."""
    pod = await lab.pod()
    holder = (
        "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('/dev/shm/s'); s.listen();"
        "c = s.accept()[0]; socket.recv_fds(c, 1, 1); c.send(b'x'); time.sleep(1000)"
    )
    giver = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/dev/shm/s');"
        "print('given', flush=True); socket.send_fds(s, [b'x'], [1]); s.recv(1)"
    )
    await pod.request("start", container=container(sys.executable, "-c", holder, name="holder"))
    inside = Path(f"/proc/{pod.pid}/fd")
    before = len(list(inside.iterdir()))
    for attempt in range(20):
        spec = container(sys.executable, "-c", giver, attempt=attempt)
        await pod.request("start", container=spec)
        record = lab.exits("a", attempt + 1)[-1]
        if record["code"] == 0:
            break  # before that, the holder was not listening yet
    assert lab.output("a", attempt=attempt) == "given\n"
    eventually(lambda: len(list(inside.iterdir())) == before)  # the last a moment later


@in_loop
async def test_output_is_complete_before_the_exit_is_recorded(lab: Lab) -> None:
    """Whoever has read the exit finds every line in the log."""
    pod = await lab.pod()
    await pod.request("start", container=container("seq", "1", "20000"))
    lab.exits("a")
    assert lab.output("a") == "".join(f"{number}\n" for number in range(1, 20001))
