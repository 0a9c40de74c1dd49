"""The pages that show sessions do what they say, typed as they stand."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import pages
from tests.support.command import PROGRAM
from tests.support.host import WAN
from tests.support.lacking import need
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

TOP = Path(__file__).parents[2]
LOOKS = (
    "curl ",
    "ip ",
    "nft ",
    *(f"minipod {verb} " for verb in ("conflicts", "get", "exec", "logs", "ports")),
)
"""What may be typed again: a program takes a moment until it listens, and so does its reader."""

NO_ORDER = re.compile(r"^ip netns list$| -v\b")
"""What a folder lists, and what the server does beside what a command prints."""


def only_looks(command: str) -> bool:
    """Return whether a command may be typed again, and nothing is done twice."""
    does = pages.is_in_background(command) or re.search(r" -X | --data-|\bkill\b", command)
    return command.startswith(LOOKS) and not does


def on_this_root(command: str, root: Path) -> str:
    """Return a command as it is typed here: in this root, networks have longer names."""
    node = os.uname().nodename.lower()
    command = command.replace("netns exec vm ", f"netns exec {root.name}.{node} ")
    return re.sub(rf"netns exec (?!{root.name}\.)", f"netns exec {root.name}.default.", command)


def as_by_default(text: str, root: Path) -> str:
    """Return what is said of this root, on this host, as it is of the default one on a user's."""
    node = os.uname().nodename.lower()
    for here, there in (
        (str(root), "/var/lib/minipod"),
        (f"{root.name}.default.", ""),
        (f"{root.name}.{node}", "vm"),
        (f"{root.name}.fabric", "minipod.fabric"),
        (node, "vm"),
        (WAN, "eth0"),
    ):
        end = "" if here.endswith(".") else r"(?![\w-])"
        text = re.sub(rf"(?<![\w-]){re.escape(here)}{end}", there, text)
    return re.sub(r"^(outside|table (?!ip minipod)).*\n", "", text, flags=re.MULTILINE)


PAGES = (
    "README.md",
    "docs/api.md",
    "docs/conflicts.md",
    "docs/tutorial.md",
    "docs/hostports.md",
    "docs/manifest.md",
    "docs/output.md",
    "docs/how-to/change-a-running-pod.md",
    "docs/how-to/copy-files.md",
    "docs/how-to/reach-a-pod.md",
    "docs/how-to/use-images.md",
    "docs/how-to/write-a-manifest.md",
    "docs/kubectl.md#Commands that are not there",
    "docs/looking.md#Which kinds there are#Lists as you like them#Waiting",
)
"""What is typed from its first command to its last, or only what stands below some headings."""


@pytest.mark.parametrize("name", PAGES)
def test_each_command_of_a_page_prints_what_the_page_shows(
    minipod: Minipod, tmp_path: Path, name: str
) -> None:
    page, *headings = name.split("#")
    steps = pages.script(TOP / page, tmp_path, headings)
    if any("| jq " in step.command for step in steps):
        need("jq")
    environment = minipod.environment | {
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "SOCKET": str(minipod.root / "server.sock"),
    }
    (tmp_path / "examples").symlink_to(TOP / "examples")
    with closing(pages.Shell(tmp_path, environment)) as shell:
        for command, shown in steps:
            check(shell, minipod.root, command, shown)


def check(shell: pages.Shell, root: Path, command: str, shown: str) -> None:
    """Type a command, and compare what it prints."""
    typed = on_this_root(command, root)
    loose = shell.is_shared or NO_ORDER.search(command) is not None
    begin = shell.type(typed)

    def holds() -> bool:
        nonlocal begin
        happened = as_by_default(shell.said(begin), root)
        if pages.same(shown, happened, in_any_order=loose):
            return True
        if only_looks(command):
            begin = shell.type(typed)
        raise AssertionError(f"$ {command}\n{happened}\ninstead of\n{shown}")

    eventually(holds)
