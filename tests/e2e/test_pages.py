"""The tutorial and the how-to pages do what they say, typed as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import pages
from tests.support.command import PROGRAM

if TYPE_CHECKING:
    from tests.support.command import Minipod

TOP = Path(__file__).parents[2]


def as_by_default(text: str, root: Path) -> str:
    """Return what is said of this root, on this host, as it is of the default one on a user's."""
    text = text.replace(str(root), "/var/lib/minipod")
    text = text.replace(os.uname().nodename.lower(), "vm")
    return re.sub(r"^outside.*\n", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["tutorial.md", "how-to/use-images.md"])
def test_each_command_of_a_page_prints_what_the_page_shows(
    minipod: Minipod, tmp_path: Path, name: str
) -> None:
    environment = minipod.environment | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    (tmp_path / "examples").symlink_to(TOP / "examples")
    for command, shown in pages.script(TOP / "docs" / name, tmp_path):
        # In this root a pod's network has a longer name than in the default one.
        typed = command.replace("netns exec ", f"netns exec {minipod.root.name}.default.")
        done = subprocess.run(
            ["bash", "-c", typed],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        happened = as_by_default(done.stdout, minipod.root)
        assert pages.same(shown, happened), f"$ {command}\n{happened}\ninstead of\n{shown}"
