"""exec with pipes, in a sandbox that runs the program right here."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.streams import capture
from minipod.client.streams import exec as execution
from minipod.client.streams.capture import Captured, Given
from minipod.client.streams.command import Command, words
from minipod.errors import CannotRun, TimedOut, Unavailable
from tests.support.fake_sandbox import FakeSandbox, Said
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POD = {
    "metadata": {"namespace": "default", "name": "web", "uid": "u"},
    "spec": {"containers": [{"name": "main"}]},
}


class Here:
    """Runs what it is asked to run as a child of the test; tells of its end when asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.program: subprocess.Popen[bytes] | None = None
        self.sandbox: FakeSandbox | None = None

    def answer(self, said: Said) -> list[Said]:
        self.asked.append(said.content)
        seq = said.content["seq"]
        if said.content["op"] == "kill_exec":
            assert self.program is not None
            self.program.kill()
            return [Said({"seq": seq, "ok": {}}, [])]
        stdin, stdout, stderr = (os.dup(descriptor) for descriptor in said.descriptors)
        self.program = subprocess.Popen(
            said.content["argv"], stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
        for descriptor in (stdin, stdout, stderr):
            os.close(descriptor)
        threading.Thread(target=self._tell, args=(self.program, seq), daemon=True).start()
        return [Said({"seq": seq, "ok": {"pid": self.program.pid}}, [])]

    def _tell(self, program: subprocess.Popen[bytes], seq: int) -> None:
        code = program.wait()
        assert self.sandbox is not None
        self.sandbox.say({"seq": seq, "exit": {"code": max(code, 0), "signal": max(-code, 0)}})


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    here = Here()
    with FakeSandbox(tmp_path, "u", here.answer) as sandbox:
        here.sandbox = sandbox
        yield here


def run(root: Path, *argv: str, stdin: bytes = b"", timeout: float | None = 10) -> Captured:
    command = Command("main", argv, stdin=True, tty=False)
    with execution.sandbox_of(str(root), POD, "main") as sandbox:
        return capture.run(sandbox, command, Given(stdin, {"A": "1"}), timeout)


def test_both_outputs_and_the_code_are_kept(here: Here, tmp_path: Path) -> None:
    script = "echo out; echo err >&2; exit 3"
    assert run(tmp_path, "sh", "-c", script) == Captured(3, b"out\n", b"err\n")
    assert here.asked[0]["env"] == {"A": "1"}


def test_a_signal_is_128_and_its_number(here: Here, tmp_path: Path) -> None:
    assert run(tmp_path, "sh", "-c", "kill -TERM $$").exit_code == 143


def test_more_than_any_pipe_holds_goes_in_and_out(here: Here, tmp_path: Path) -> None:
    data = os.urandom(1_000_000)
    assert run(tmp_path, "cat", stdin=data).stdout == data


def test_input_that_nobody_reads_is_no_error(here: Here, tmp_path: Path) -> None:
    assert run(tmp_path, "true", stdin=b"x" * 1_000_000).exit_code == 0


def test_an_empty_input_ends_at_once(here: Here, tmp_path: Path) -> None:
    assert run(tmp_path, "cat") == Captured(0, b"", b"")


def test_what_stays_in_the_background_is_not_waited_for(here: Here, tmp_path: Path) -> None:
    """It holds the pipes open all the same."""
    began = time.monotonic()
    assert run(tmp_path, "sh", "-c", "sleep 5 & echo done").stdout == b"done\n"
    assert time.monotonic() - began < 4


def test_output_that_has_ended_before_the_program_costs_no_turns(
    here: Here, tmp_path: Path
) -> None:
    """A pipe at its end is always ready: it must not be asked again and again."""
    before = time.thread_time()
    run(tmp_path, "sh", "-c", "exec >&- 2>&-; sleep 0.3")
    assert time.thread_time() - before < 0.1


def test_a_command_that_runs_too_long_is_killed(here: Here, tmp_path: Path) -> None:
    with pytest.raises(TimedOut) as caught:
        run(tmp_path, "sleep", "100", timeout=0.1)
    assert str(caught.value) == '"sleep" in container "main" was killed: it ran longer than 0.1 s'
    assert here.asked[1] == {"op": "kill_exec", "exec": 1, "seq": 2}
    assert here.program is not None
    assert here.program.wait() == -9


def test_an_older_sandbox_that_cannot_kill_is_hung_up_on(tmp_path: Path) -> None:
    def answer(said: Said) -> list[Said]:
        seq = said.content["seq"]
        if said.content["op"] == "exec":
            return [Said({"seq": seq, "ok": {"pid": 1}}, [])]
        error = {"step": "do kill_exec", "errno": 0, "message": "no such request of a client"}
        return [Said({"seq": seq, "error": error}, [])]

    with FakeSandbox(tmp_path, "u", answer), pytest.raises(TimedOut):
        run(tmp_path, "sleep", "100", timeout=0.05)


def test_a_command_that_cannot_start_and_a_pod_that_ends_are_told(tmp_path: Path) -> None:
    error = {"step": "run the program", "errno": 2, "message": "words"}
    with (
        FakeSandbox(tmp_path, "u", lambda said: [Said({"seq": 1, "error": error}, [])]),
        pytest.raises(CannotRun, match="executable file not found"),
    ):
        run(tmp_path, "nope")


def test_a_pod_that_ends_meanwhile_is_told(tmp_path: Path) -> None:
    sandboxes: list[FakeSandbox] = []

    def end(_said: Said) -> list[Said]:
        sandboxes[0].close()
        return []

    sandboxes.append(FakeSandbox(tmp_path, "u", end))
    with pytest.raises(Unavailable, match="the pod is gone"):
        run(tmp_path, "true")


def open_now() -> set[tuple[str, str]]:
    """Return the descriptors of this process, and what they are of."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # closed since: by another thread, or by listing them
            found.add((name, os.readlink(f"/proc/self/fd/{name}")))
    return found


def test_no_descriptor_stays_open(here: Here, tmp_path: Path) -> None:
    """The sandbox is a thread here, and closes its own a little later."""
    before = open_now()
    for _ in range(5):
        run(tmp_path, "cat", stdin=b"x" * 200_000)
        with pytest.raises(TimedOut):
            run(tmp_path, "sleep", "100", timeout=0.05)

    def closed() -> bool:
        left = open_now() - before
        assert not left, left
        return True

    eventually(closed)


@pytest.mark.parametrize(("argv", "error"), [("ls -l", TypeError), ([], ValueError)])
def test_a_command_is_words(argv: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="a command"):
        words(argv)
