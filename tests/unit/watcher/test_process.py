"""The process itself, as far as no root is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import minipod
from minipod.watcher import watcher

PROGRAM = watcher.__file__
COMPLETE = ["--root", "/r", "--root-id", "x", "--cgroup-fd", "0", "--ready-fd", "1"]


def test_the_watcher_imports_little() -> None:
    """No module that costs memory and time for nothing, and nothing of the server's."""
    code = (
        "import sys; sys.argv = ['watcher'];"
        f"sys.path.append({str(Path(minipod.__file__).parent.parent)!r});"
        "import minipod.watcher.watcher; print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    refused = {"asyncio", "dataclasses", "typing", "inspect", "subprocess", "threading", "hashlib"}
    assert loaded & refused == set()
    ours = {name for name in loaded if name.startswith("minipod.")}
    assert {name.split(".")[1] for name in ours} == {"watcher", "sandbox", "syscalls", "model"}
    assert {name for name in ours if name.startswith("minipod.model.")} == {
        "minipod.model.commands"
    }


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ([], "--root"),
        (COMPLETE[:-2], "--ready-fd"),
        (
            [*COMPLETE, "--mechanisms", "strace"],
            "strace",
        ),
        (
            [*COMPLETE, "--x", "1"],
            "--x",
        ),
    ],
)
def test_a_wrong_command_line_is_told(argv: list[str], complaint: str) -> None:
    """With the usage, and no traceback."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", PROGRAM, *argv], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "usage" in done.stderr
    assert "Traceback" not in done.stderr
