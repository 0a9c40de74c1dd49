"""exec, with a sandbox that only says what a command did."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.streams import exec as execution
from minipod.client.streams.command import Command
from minipod.errors import Conflict, HostError, MinipodError, Unavailable
from minipod.sandbox.protocol import RUN
from tests.support.fake_sandbox import FakeSandbox, Said

if TYPE_CHECKING:
    from pathlib import Path


def pod(state: dict[str, Any] | None = None) -> dict[str, Any]:
    statuses = [{"name": "main", "state": state}] if state else []
    return {
        "metadata": {"namespace": "default", "name": "web", "uid": "u"},
        "spec": {"containers": [{"name": "main"}, {"name": "other"}]},
        "status": {"phase": "Pending", "containerStatuses": statuses},
    }


def ends(code: int, signal: int = 0) -> Any:
    def answer(said: Said) -> list[Said]:
        seq = said.content["seq"]
        return [
            Said({"journal": 5}, []),
            Said({"seq": seq, "ok": {"pid": 1}}, []),
            Said({"exit": {"code": code, "signal": signal}}, []),
        ]

    return answer


def fails(number: int, step: str = RUN) -> Any:
    def answer(said: Said) -> list[Said]:
        error = {"step": step, "errno": number, "message": "words"}
        return [Said({"seq": said.content["seq"], "error": error}, [])]

    return answer


def run(root: Path, answer: Any, command: Command | None = None) -> int:
    sandbox = FakeSandbox(root, "u", answer)
    try:
        wanted = command or Command("main", ("true",), stdin=False, tty=False)
        return execution.run(str(root), pod(), wanted)
    finally:
        sandbox.close()


@pytest.mark.parametrize(("code", "signal", "wanted"), [(0, 0, 0), (7, 0, 7), (137, 9, 137)])
def test_the_exit_code_is_passed_on(tmp_path: Path, code: int, signal: int, wanted: int) -> None:
    assert run(tmp_path, ends(code, signal)) == wanted


def test_our_stdio_is_handed_over_and_stdin_only_if_asked(tmp_path: Path) -> None:
    seen: list[tuple[dict[str, Any], list[str]]] = []

    def answer(said: Said) -> list[Said]:
        names = [os.readlink(f"/proc/self/fd/{fd}") for fd in said.descriptors]
        seen.append((said.content, names))
        return ends(0)(said)  # type: ignore[no-any-return]

    run(tmp_path / "a", answer, Command("main", ("ls", "-l"), stdin=False, tty=False))
    run(tmp_path / "b", answer, Command("main", ("ls", "-l"), stdin=True, tty=False))
    ours = [os.readlink(f"/proc/self/fd/{number}") for number in range(3)]
    assert [names for _, names in seen] == [["/dev/null", *ours[1:]], ours]
    assert seen[0][0]["argv"] == ["ls", "-l"]
    assert seen[0][0]["name"] == "main"


@pytest.mark.parametrize(
    ("program", "number", "message", "code"),
    [
        ("nope", errno.ENOENT, "executable file not found in $PATH", 127),
        ("/nope", errno.ENOENT, "no such file or directory", 127),
        ("/etc", errno.EACCES, "permission denied", 126),
        ("/bin/odd", errno.ENOEXEC, "exec format error", 126),
    ],
)
def test_a_command_that_cannot_be_run(
    tmp_path: Path, program: str, number: int, message: str, code: int
) -> None:
    with pytest.raises(MinipodError) as caught:
        run(tmp_path, fails(number), Command("main", (program,), stdin=False, tty=False))
    assert str(caught.value) == f'cannot run "{program}" in container "main": {message}'
    assert caught.value.exit_code == code


def test_a_command_whose_container_hinders_it_says_the_step(tmp_path: Path) -> None:
    """What is missing there is no program: the code is not 127."""
    with pytest.raises(MinipodError) as caught:
        run(
            tmp_path,
            fails(errno.ENOENT, "open a terminal"),
            Command("main", ("true",), stdin=False, tty=False),
        )
    words = "cannot open a terminal: words"
    assert str(caught.value) == f'cannot run "true" in container "main": {words}'
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"waiting": {"reason": "ImageNotMapped", "message": "map it"}}, "ImageNotMapped: map it"),
        ({"terminated": {"reason": "Error", "exitCode": 3}}, "Error: exit code 3"),
        ({"running": {}}, "it has just ended"),
        (None, "the pod is Pending"),
    ],
)
def test_a_container_that_does_not_run_is_told_with_the_reason(
    tmp_path: Path, state: dict[str, Any] | None, why: str
) -> None:
    command = Command("main", ("true",), stdin=False, tty=False)
    wanted = f'container "main" of pod "web" is not running: {why}'
    with pytest.raises(Conflict) as caught:
        execution.run(str(tmp_path), pod(state), command)
    assert str(caught.value) == wanted
    sandbox = FakeSandbox(tmp_path, "u", ends(0))
    sandbox.containers = {}
    with pytest.raises(Conflict) as caught:
        execution.run(str(tmp_path), pod(state), command)
    assert str(caught.value) == wanted
    sandbox.close()


def test_a_sandbox_that_ends_meanwhile_is_told(tmp_path: Path) -> None:
    sandbox: list[FakeSandbox] = []

    def answer(said: Said) -> list[Said]:
        sandbox[0].close()
        return []

    sandbox.append(FakeSandbox(tmp_path, "u", answer))
    with pytest.raises(Unavailable, match="the pod is gone"):
        execution.run(str(tmp_path), pod(), Command("main", ("true",), stdin=False, tty=False))


def test_a_sandbox_of_another_version_is_told(tmp_path: Path) -> None:
    sandbox = FakeSandbox(tmp_path, "u", ends(0))
    sandbox.version = 99
    with pytest.raises(HostError, match="its protocol has version 99"):
        execution.run(str(tmp_path), pod(), Command("main", ("true",), stdin=False, tty=False))
    sandbox.close()
