"""Finding a program, and the words for not finding it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from minipod.sandbox.failures import Refused
from minipod.sandbox.launch import KUBERNETES_CAPABILITIES, Program, execute
from minipod.sandbox.protocol import RUN, exit_code_of

if TYPE_CHECKING:
    from pathlib import Path


def refusal(name: str, path: str) -> tuple[str, int, int]:
    """Try to execute what cannot be; return message, errno and the exit code of an exec."""
    with pytest.raises(Refused) as caught:
        execute(Program([name], {"PATH": path}, "/"))
    failure = caught.value.failure
    assert failure["step"] == RUN
    return failure["message"], failure["errno"], exit_code_of(failure)


def test_the_capabilities_are_kubernetes_default() -> None:
    """The mask that every runtime shows in CapBnd."""
    assert KUBERNETES_CAPABILITIES == 0xA80425FB


@pytest.mark.parametrize("path", ["/no/such:/nowhere", "", "/etc/hostname"])
def test_a_name_that_is_not_in_path(path: str) -> None:
    """Docker's words, and a shell's 127."""
    message = 'exec: "no-such": executable file not found in $PATH'
    assert refusal("no-such", path) == (message, errno.ENOENT, 127)


def test_an_empty_name() -> None:
    """No folder is taken for a program."""
    assert refusal("", "/usr/bin")[0] == 'exec: "": executable file not found in $PATH'


def test_a_file_that_may_not_be_executed_is_passed_over_for_a_later_one(tmp_path: Path) -> None:
    """The search goes on behind it; at its end the permission is what is told."""
    (tmp_path / "tool").write_text("data")
    message = 'exec: "tool": permission denied'
    assert refusal("tool", f"{tmp_path}:/no/such") == (message, errno.EACCES, 126)


def test_a_program_without_its_interpreter_is_not_said_to_be_missing(tmp_path: Path) -> None:
    """The file is there; what its first line names is not."""
    script = tmp_path / "script"
    script.write_text("#!/no/such/shell\n")
    script.chmod(0o755)
    message = "exec script: no such file or directory"
    assert refusal("script", str(tmp_path)) == (message, errno.ENOENT, 127)


def test_a_failure_before_the_program_has_another_code() -> None:
    """126 and 127 speak of the program only."""
    assert exit_code_of({"step": "open a terminal", "errno": errno.ENOENT, "message": ""}) == 1
