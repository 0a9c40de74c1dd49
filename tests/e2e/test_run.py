"""`minipod run`: what stays of a pod, and what is said of it, however we end."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from tests.support.terminal import Terminal
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

RUN = ("run", "-i", "--rm", "--restart=Never")
POLITE = ("--", "sh", "-c", "trap exit TERM; echo here; while :; do sleep 0.05; done")
STUBBORN = ("--", "sh", "-c", 'trap "" TERM; echo here; while :; do sleep 0.05; done')


def none(minipod: Minipod) -> bool:
    return minipod.ok("get", "pods", "-o", "name") == ""


def test_with_rm_no_signal_and_no_closed_pipe_leaves_a_pod(minipod: Minipod) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with minipod.start(*RUN, "web", *POLITE) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "here\n"
            run.send_signal(number)
            assert run.stdout.read() == 'pod "web" deleted\n'
            assert run.wait(timeout=10) == -number
        assert none(minipod)
    with minipod.start(*RUN, "web", *POLITE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "here\n"
        run.stdout.close()
        assert run.wait(timeout=10) == 1
        assert run.stderr is not None
        assert run.stderr.read() == ""
    assert none(minipod)


def test_ctrl_c_ends_the_loop_of_a_shell_too(minipod: Minipod) -> None:
    run = shlex.join([*minipod.argv([*RUN, "web", *POLITE])])
    loop = subprocess.Popen(
        ["bash", "-c", f"for i in 1 2; do {run}; echo went on; done"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=minipod.environment,
        start_new_session=True,
    )
    with loop:
        assert loop.stdout is not None
        assert loop.stdout.readline() == "here\n"
        os.killpg(loop.pid, signal.SIGINT)
        assert loop.stdout.read() == 'pod "web" deleted\n'
        assert loop.wait(timeout=10) == -signal.SIGINT
    assert none(minipod)


def test_with_rm_a_killed_server_leaves_no_pod_and_a_second_signal_kills(minipod: Minipod) -> None:
    with minipod.start(*RUN, "web", *STUBBORN) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "here\n"
        os.kill(minipod.server_pid(), signal.SIGKILL)
        run.send_signal(signal.SIGTERM)
        eventually(lambda: "deletionTimestamp" in minipod.pod("web")["metadata"])
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=10) == -signal.SIGTERM
    assert none(minipod)


def test_with_rm_a_terminal_that_is_closed_leaves_no_pod(minipod: Minipod) -> None:
    """Interactive bash ignores SIGTERM, of which the server warns: on a terminal that is gone."""
    shell = (*RUN, "-t", "--grace-period=1", "web", "--", "bash", "--norc")
    with closing(Terminal(minipod, *shell)) as terminal:
        terminal.read_until("# ")
        terminal.hang_up()
        assert terminal.process.returncode == -signal.SIGHUP
    assert none(minipod)


def test_run_and_attach_wait_for_a_pod_that_cannot_run_yet(minipod: Minipod) -> None:
    wait = (*RUN, "web", "--image", "late", "--pod-running-timeout")
    complaint = minipod.fails(*wait, "10ms", "-q")
    assert complaint.startswith(
        'Error: timed out waiting for the condition: container "web" of pod "web" is not running: '
        'ImageNotMapped: image "late"'
    )
    assert len(complaint.splitlines()) == 1
    assert none(minipod)
    minipod.ok("run", "other", "--image", "late")
    why = minipod.fails("attach", "other", "--pod-running-timeout=10ms")
    assert 'container "other" of pod "other" is not running: ImageNotMapped' in why
    with minipod.start(*wait, "1m") as run, minipod.start("attach", "other") as attached:
        assert run.stderr is not None
        assert 'Hint: container "web" of pod/web waits: image "late"' in run.stderr.readline()
        minipod.ok(
            "image", "map", "late", "--", "sh", "-c", "for i in 1 2 3; do echo x; sleep 1; done"
        )
        assert attached.stdout is not None
        assert attached.stdout.readline() == "x\n"
        attached.send_signal(signal.SIGINT)
        assert attached.wait(timeout=10) == -signal.SIGINT
        assert run.wait(timeout=20) == 0
        assert run.stdout is not None
        assert run.stdout.read() == 'x\nx\nx\npod "web" deleted\n'
    minipod.ok("delete", "pod", "other", "--now")
    failing = ("--restart=OnFailure", "--pod-running-timeout=10ms", "--", "false")
    complaint = minipod.fails("run", "-iq", "--rm", "web", *failing)
    assert complaint == "Error: timed out waiting for the condition on pods/web\n"
    assert none(minipod)


def test_quiet_is_only_what_the_program_writes(minipod: Minipod) -> None:
    done = minipod(*RUN, "-t", "-q", "web", "--", "sh", "-c", "echo out; exit 3", stdin="")
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "")
    done = minipod(*RUN, "-t", "web", "--", "sh", "-c", "echo out; exit 3", stdin="")
    assert (done.returncode, done.stdout) == (3, 'out\npod "web" deleted\n')
    assert done.stderr == (
        "Unable to use a TTY - input is not a terminal or the right kind of file\n"
        "pod default/web terminated (Error)\n"
    )


def test_a_stdin_that_is_left_open_takes_more_from_the_next(minipod: Minipod) -> None:
    run = ("run", "-i", "-q", "--restart=Never", "--leave-stdin-open", "cat", "--", "cat")
    with minipod.start(*run, stdin=subprocess.PIPE) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdin.write("one\n")
        first.stdin.close()
        assert first.stdout.readline() == "one\n"
        first.send_signal(signal.SIGINT)
        assert first.wait(timeout=10) == -signal.SIGINT
    with minipod.start("attach", "-i", "-q", "cat", stdin=subprocess.PIPE) as second:
        assert second.stdin is not None
        assert second.stdout is not None
        second.stdin.write("two\n")
        second.stdin.close()
        assert second.stdout.readline() == "two\n"
        second.send_signal(signal.SIGINT)
        second.wait(timeout=10)
    assert minipod.ok("logs", "cat") == "one\ntwo\n"
