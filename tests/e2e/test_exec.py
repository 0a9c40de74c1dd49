"""`exec`: a program of the user's in a container, as if it were run here."""

from __future__ import annotations

import signal
import termios
from typing import TYPE_CHECKING

import pytest

from tests.support.manifests import container, pod
from tests.support.terminal import Terminal
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.command import Minipod


@pytest.fixture
def shell(minipod: Minipod) -> Iterator[Terminal]:
    """Give a shell in a pod, on a terminal of 24 rows and 80 columns."""
    minipod.create(pod("web"))
    terminal = Terminal(minipod, "exec", "-it", "web", "--", "sh", "-i")
    terminal.read_until("# ")  # what is typed earlier is echoed before the prompt
    terminal.type("PS1='ready> '\n")
    terminal.read_until("\r\nready> ")
    yield terminal
    terminal.close()


def test_output_error_and_exit_code_are_passed_on(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    done = minipod("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (7, "out\n", "err")


def test_input_is_passed_with_i_only(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    assert minipod.ok("exec", "-i", "web", "--", "cat", stdin="a\nb\n") == "a\nb\n"
    assert minipod.ok("exec", "web", "--", "cat", stdin="a\nb\n") == ""


def test_a_megabyte_goes_through_both_ways(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    text = "0123456789abcdef" * 65536
    assert minipod.ok("exec", "-i", "web", "--", "cat", stdin=text) == text


def test_the_container_is_chosen(minipod: Minipod) -> None:
    env = [{"name": "WHO", "value": "second"}]
    minipod.create(pod("web", container("first"), container("second", env=env)))
    script = ("sh", "-c", "echo $WHO")
    assert minipod.ok("exec", "web", "-c", "second", "--", *script) == "second\n"
    done = minipod("exec", "web", "--", *script)
    assert done.stdout == "\n"
    complaint = minipod.fails("exec", "web", "-c", "third", "--", "true")
    assert "third" in complaint
    assert "second" in complaint


def test_a_program_that_is_not_there_is_said_so(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    done = minipod("exec", "web", "--", "no-such-program")
    assert done.returncode in {126, 127}
    assert "no-such-program" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signal_s_death_is_128_and_the_signal(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    assert minipod("exec", "web", "--", "sh", "-c", "kill -9 $$").returncode == 137


def test_a_terminal_is_a_real_one(shell: Terminal) -> None:
    shell.type("tty; stty size\n")
    seen = shell.read_until("ready> ")
    assert "/dev/pts/" in seen
    assert "24 80" in seen


def test_a_resized_terminal_is_resized_inside(shell: Terminal) -> None:
    shell.resize(50, 132)
    shell.process.send_signal(signal.SIGWINCH)

    def resized() -> bool:
        shell.type("stty size\n")
        return "50 132" in shell.read_until("ready> ")

    eventually(resized)


def test_ctrl_c_reaches_the_program_and_not_the_command(minipod: Minipod, shell: Terminal) -> None:
    shell.type("sleep 4444\n")
    eventually(lambda: minipod("exec", "web", "--", "pgrep", "-xf", "sleep 4444").returncode == 0)
    shell.type("\x03")
    shell.read_until("ready> ")
    shell.type("exit 5\n")
    assert shell.process.wait(timeout=10) == 5


def test_the_user_s_terminal_is_given_back_as_it_was(shell: Terminal) -> None:
    shell.type("exit\n")
    shell.process.wait(timeout=10)
    assert termios.tcgetattr(shell.master) == shell.before


def test_what_is_left_in_the_foreground_hangs_up_with_the_command(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    with minipod.start("exec", "web", "--", "sh", "-c", "echo $$; exec sleep 4321") as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=10) == -signal.SIGINT
    eventually(lambda: minipod("exec", "web", "--", "pgrep", "-xf", "sleep 4321").returncode == 1)
