"""The two scripts of the quick start, where they cannot work: one line that says why."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize("name", ["demo", "test"])
def test_another_system_than_linux_is_one_line(name: str, tmp_path: Path) -> None:
    uname = tmp_path / "uname"
    uname.write_text("#!/bin/sh\necho Darwin\n")
    uname.chmod(0o755)
    done = subprocess.run(
        [SCRIPTS / name],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: minipod needs Linux: this is Darwin\n"


@pytest.mark.parametrize("name", ["demo", "test"])
def test_not_root_is_one_line_that_says_how_to_go_on(name: str) -> None:
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SCRIPTS / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    typed = str(SCRIPTS / name).replace(" ", "\\ ")
    assert done.stderr == f"Error: making pods needs root: run 'sudo {typed}'\n"
