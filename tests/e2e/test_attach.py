"""`minipod attach`, and `minipod run -i`: at a container's own stdin, stdout and terminal."""

from __future__ import annotations

import signal
import subprocess
import termios
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.support.manifests import container, pod
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from tests.support.command import Minipod

SHELL = ("run", "-it", "--rm", "shell", "--restart=Never", "--", "bash", "--norc")


def test_a_shell_on_a_terminal_has_its_size_and_its_exit_code(minipod: Minipod) -> None:
    with closing(Terminal(minipod, *SHELL, rows=30, columns=100)) as terminal:
        assert "If you don't see a command prompt" in terminal.read_until("# ")
        terminal.type("stty size; hostname; tty; exit 3\r")
        assert "30 100\r\nshell\r\n/dev/pts/0\r\n" in terminal.read_until('pod "shell" deleted')
        terminal.read_until("pod default/shell terminated (Error)")
        assert terminal.process.wait(timeout=10) == 3
        assert termios.tcgetattr(terminal.master) == terminal.before
    assert minipod("get", "pods").stderr == "No resources found in default namespace.\n"


def test_a_program_reads_our_stdin_and_all_it_writes_comes_once(minipod: Minipod) -> None:
    run = ("run", "-i", "--rm", "-q", "--restart=Never")
    assert minipod.ok(*run, "calc", "--", "python3", "-", stdin="print(6 * 7)\n") == "42\n"
    done = minipod(*run, "many", "--", "sh", "-c", "seq 200000; echo bad >&2; exit 5", stdin="")
    assert done.stdout.splitlines() == [str(number) for number in range(1, 200001)]
    assert done.stderr == "bad\n"
    assert done.returncode == 5
    assert minipod.ok(*run, "quick", "--", "echo", "hi", stdin="") == "hi\n"


def test_several_are_attached_to_one_that_outlives_them(minipod: Minipod) -> None:
    minipod.create(pod("cat", container("c", ["cat"], stdin=True), container("d")))
    attach = ("attach", "-i", "cat", "-c", "c")
    with (
        minipod.start(*attach, stdin=subprocess.PIPE) as one,
        minipod.start("attach", "cat", "-c", "c") as two,
    ):
        assert one.stdin
        assert one.stdout
        pid = minipod.json("get", "pod", "cat")["status"]["containerStatuses"][0]["containerID"]
        one.stdin.write("hello\n")
        one.stdin.flush()
        assert one.stdout.readline() == "hello\n"
        one.stdin.close()  # the container's stdin stays open: it is no stdinOnce
        one.send_signal(signal.SIGINT)
        two.send_signal(signal.SIGKILL)
        one.wait(timeout=10)
        two.wait(timeout=10)
    status = minipod.json("get", "pod", "cat")["status"]["containerStatuses"][0]
    assert (status["containerID"], status["restartCount"]) == (pid, 0)
    assert minipod.ok("logs", "cat", "-c", "c") == "hello\n"

    assert "it has none: the Pod does not say stdin: true" in minipod.fails(
        "attach", "-i", "cat", "-c", "d"
    )
    assert 'container "x" not found' in minipod.fails("attach", "cat", "-c", "x")
    assert 'pods "nope" not found' in minipod.fails("attach", "nope")


def test_the_first_who_attaches_closes_a_stdin_that_is_for_one(minipod: Minipod) -> None:
    once = container("c", ["cat"], stdin=True, stdinOnce=True)
    minipod.create(pod("once", once, restartPolicy="Never"))
    done = minipod("attach", "-i", "once", stdin="last words\n")
    assert (done.returncode, done.stdout) == (0, "last words\n")
    minipod.ok("wait", "pod/once", "--for=jsonpath={.status.phase}=Succeeded")
    assert 'container "c" of pod "once" is not running' in minipod.fails("attach", "once")


def test_what_cannot_be_started_is_no_success(minipod: Minipod) -> None:
    run = ("run", "-i", "--rm", "-q")
    unmapped = minipod.fails(*run, "a", "--image", "nothing", "--pod-running-timeout=10ms")
    assert 'container "a" of pod "a" is not running: ImageNotMapped: image "nothing"' in unmapped
    missing = minipod.fails(*run, "b", "--", "/nope")
    assert "/nope: no such file or directory" in missing
    assert minipod.json("get", "pods")["items"] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("-t",), "-i/--stdin is required for containers with -t/--tty=true"),
        (("--rm",), "--rm should only be used for attached containers"),
        (("-i", "--dry-run=client"), "can't be used with attached containers options"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    minipod: Minipod, words: tuple[str, ...], why: str
) -> None:
    assert why in minipod.fails("run", *words, "x", "--", "true", code=2)
