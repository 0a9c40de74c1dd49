"""Further programs in a container that runs, with and without a terminal."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.errors import StepFailed
from minipod.sandbox.protocol import RUN, exit_code_of
from tests.root.sandbox.lab import container, in_loop, status_of
from tests.root.sandbox.test_containers import KUBERNETES_CAPABILITIES
from tests.support.wait import eventually

if TYPE_CHECKING:
    from minipod.sandbox.remote import SandboxConnection
    from tests.root.sandbox.lab import Lab


class Pipes:
    """Stdio for an exec, and what came out of it."""

    def __init__(self) -> None:
        self._nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._reader, self._writer = os.pipe()

    @property
    def stdio(self) -> tuple[int, int, int]:
        """Return what to hand over: stderr goes where stdout does."""
        return self._nothing, self._writer, self._writer

    def output(self) -> str:
        """Return all that was written, when all writers are gone."""
        os.close(self._writer)
        os.close(self._nothing)
        with open(self._reader) as reader:
            return reader.read()


async def run(pod: SandboxConnection, *argv: str, **more: object) -> tuple[int, int, str]:
    """Run a program in the container "c"; return code, signal and output."""
    pipes = Pipes()
    started = await pod.exec("c", argv, pipes.stdio, **more)
    code, number = await started.ended
    return code, number, pipes.output()


@in_loop
async def test_it_runs_as_a_process_of_the_container(lab: Lab) -> None:
    """Same namespaces, root, group, capabilities, folder and environment as the first process."""
    pod = await lab.pod()
    spec = container("sleep", "1000", cwd="/usr/lib", env={"PATH": "/usr/bin:/bin", "A": "1"})
    first = (await pod.request("start", container=spec))["pid"]
    pipes = Pipes()
    started = await pod.exec("c", ["sleep", "1000"], pipes.stdio, env={"B": "2"})
    for kind in ("net", "uts", "ipc", "pid", "mnt"):
        inside = os.readlink(f"/proc/{started.pid}/ns/{kind}")
        assert inside == os.readlink(f"/proc/{first}/ns/{kind}")
    assert os.stat(f"/proc/{started.pid}/root").st_dev == os.stat(f"/proc/{first}/root").st_dev
    assert sorted(lab.group_pids("a", "c")) == sorted([first, started.pid])
    status = status_of(started.pid)
    assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == KUBERNETES_CAPABILITIES
    assert status["NSpid"].split()[1:] == [status["NSsid"].split()[1], "2"]
    assert os.readlink(f"/proc/{started.pid}/cwd") == "/usr/lib"
    variables = Path(f"/proc/{started.pid}/environ").read_text().split("\0")
    assert set(variables) - {""} == {"PATH=/usr/bin:/bin", "A=1", "B=2"}
    await pod.request("kill", name="c")
    assert await started.ended == (137, 9)
    pipes.output()


@pytest.mark.parametrize(
    ("script", "code", "number"),
    [("exit 0", 0, 0), ("exit 42", 42, 0), ("kill -TERM $$", 143, 15)],
)
@in_loop
async def test_its_end_is_told(lab: Lab, script: str, code: int, number: int) -> None:
    """Exit code and signal come back, and the container lives on."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    assert await run(pod, "sh", "-c", f"echo said; {script}") == (code, number, "said\n")
    assert lab.journal("a", "exited") == []


@pytest.mark.parametrize(
    ("argv", "message", "code"),
    [
        ("nope", 'exec: "nope": executable file not found in $PATH', 127),
        ("/nope", 'exec: "/nope": stat /nope: no such file or directory', 127),
        ("/etc/hostname", 'exec: "/etc/hostname": permission denied', 126),
        ("/etc", 'exec: "/etc": is a directory', 126),
    ],
)
@in_loop
async def test_a_program_that_cannot_be_run(lab: Lab, argv: str, message: str, code: int) -> None:
    """The words and the exit codes are docker's and Kubernetes'."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    with pytest.raises(StepFailed) as caught:
        await run(pod, argv)
    assert (caught.value.step, str(caught.value)) == (RUN, f"cannot {RUN}: {message}")
    failure = {"step": RUN, "errno": caught.value.errno, "message": message}
    assert exit_code_of(failure) == code


@in_loop
async def test_a_container_that_does_not_run_has_no_exec(lab: Lab) -> None:
    """The error names it."""
    pod = await lab.pod()
    with pytest.raises(StepFailed, match="cannot find container c: it does not run"):
        await run(pod, "true")


@in_loop
async def test_a_terminal_is_the_containers_own(lab: Lab) -> None:
    """With a terminal, stdio is /dev/pts/0 of the container, with the size that was asked for."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    started = await pod.exec("c", ["sh", "-c", "tty; stty size"], None, size=(33, 99))
    assert started.terminal is not None
    assert read_terminal(started.terminal).split() == ["/dev/pts/0", "33", "99"]
    assert await started.ended == (0, 0)


@in_loop
async def test_a_terminal_can_be_resized(lab: Lab) -> None:
    """A new size on the master reaches the program as SIGWINCH."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    script = "trap 'stty size; exit 5' WINCH; echo ready; while :; do sleep 0.02; done"
    started = await pod.exec("c", ["sh", "-c", script], None)
    assert started.terminal is not None
    assert os.read(started.terminal, 100).split() == [b"ready"]
    fcntl.ioctl(started.terminal, termios.TIOCSWINSZ, struct.pack("4H", 50, 160, 0, 0))
    assert read_terminal(started.terminal).split() == ["50", "160"]
    assert await started.ended == (5, 0)


@in_loop
async def test_typing_on_a_terminal(lab: Lab) -> None:
    """What is typed is echoed and read; Ctrl+C interrupts the program."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    started = await pod.exec("c", ["sh", "-c", "read line; echo got $line; exec sleep 1000"], None)
    assert started.terminal is not None
    os.write(started.terminal, b"hello\n")
    said = b""
    while b"got hello\r\n" not in said:
        said += os.read(started.terminal, 100)
    assert said == b"hello\r\ngot hello\r\n"
    os.write(started.terminal, b"\x03")
    assert await started.ended == (130, 2)
    os.close(started.terminal)


@pytest.mark.parametrize("terminal", [False, True], ids=["pipes", "terminal"])
@in_loop
async def test_hanging_up_ends_the_program(lab: Lab, terminal: bool) -> None:
    """A client that goes away takes with it what it ran, by SIGHUP; the container stays."""
    pod = await lab.pod()
    first = (await pod.request("start", container=container("sleep", "1000")))["pid"]
    client = await lab.connect("a", role="client")
    pipes = Pipes()
    started = await client.exec("c", ["sleep", "1000"], None if terminal else pipes.stdio)
    assert len(lab.group_pids("a", "c")) == 2
    client.close()
    if started.terminal is not None:
        os.close(started.terminal)
    eventually(lambda: lab.group_pids("a", "c") == [first])
    pipes.output()


@in_loop
async def test_a_peer_kills_what_it_has_run_and_nothing_else(lab: Lab) -> None:
    """By the number of its own request; another peer's has the same number, and runs on."""
    pod = await lab.pod()
    first = (await pod.request("start", container=container("sleep", "1000")))["pid"]
    client, other = [await lab.connect("a", role="client") for _ in range(2)]
    pipes, others = Pipes(), Pipes()
    killed = await client.exec("c", ["sh", "-c", "sleep 1000; true"], pipes.stdio)
    stays = await other.exec("c", ["sleep", "1000"], others.stdio)
    eventually(lambda: len(lab.group_pids("a", "c")) == 4)
    await client.request("kill_exec", exec=1)
    assert await killed.ended == (137, 9)
    eventually(lambda: sorted(lab.group_pids("a", "c")) == sorted([first, stays.pid]))
    await client.request("kill_exec", exec=1)
    await client.request("kill_exec", exec=99)
    other.close()
    pipes.output()
    others.output()


@in_loop
async def test_a_client_may_not_do_what_the_server_may(lab: Lab) -> None:
    """start, kill and quit are refused to the role "client"; socket and exec are not."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    client = await lab.connect("a", role="client")
    for op in ("start", "kill", "quit", "network", "nonsense"):
        with pytest.raises(StepFailed, match="no such request of a client"):
            await client.request(op, name="c")
    (await client.socket(2, 1)).close()
    assert (await run(client, "true"))[:2] == (0, 0)


def read_terminal(master: int) -> str:
    """Return what comes from a terminal until its other end is closed; close it."""
    said = b""
    while select.select([master], [], [], 10)[0]:
        try:
            said += os.read(master, 4096)
        except OSError:  # EIO: the last process has closed it
            break
    os.close(master)
    return said.decode()
