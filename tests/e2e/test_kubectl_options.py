"""What kubectl's help has and minipod's has not stands in the page of differences."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest

from minipod.cli.absent import INSTEAD, INSTEAD_BELOW
from minipod.cli.group import COMMANDS, cli
from tests.support.kubectl import program

PAGE = (Path(__file__).parents[2] / "docs" / "kubectl.md").read_text()
OPTION = re.compile(r"^\s+(?:-\w, )?(--[\w-]+)=", re.MULTILINE)
BELOW = {"top": ("top pod", "top node"), "set image": ("set image",)}
OWN = {"check", "conflicts", "doctor", "down", "expose-port", "image", "lint", "ports", "purge"} | {
    "server", "set", "up",
}  # fmt: skip
SHARED = sorted([*(COMMANDS.keys() - OWN), "create namespace", "set image"])
EVERY = "every command"


def told(command: str) -> set[str]:
    """Return the options that the page says a command lacks."""
    name = command if command == EVERY else f"`{command}`"
    row = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", PAGE, re.MULTILINE)
    return set(re.findall(r"`(--[\w-]+)`", row[1])) if row else set()


def theirs(*words: str) -> set[str]:
    said = subprocess.run([program(), *words], capture_output=True, text=True, check=True)
    return set(OPTION.findall(said.stdout))


def ours(command: str) -> set[str]:
    found: click.Command = cli
    for word in command.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(cli), word) or found
    return {name for one in found.params if isinstance(one, click.Option) for name in one.opts}


@pytest.mark.parametrize("command", SHARED)
def test_an_option_that_is_kubectl_s_alone_is_told(host: None, command: str) -> None:
    known = [theirs(*each.split(), "--help") for each in BELOW.get(command, (command,))]
    assert set().union(*known) - ours(command) == told(command)


def test_a_global_option_that_is_kubectl_s_alone_is_told(host: None) -> None:
    assert theirs("options") - ours("") == told(EVERY)


def test_a_command_that_is_kubectl_s_alone_is_told_with_what_to_do_instead(host: None) -> None:
    said = subprocess.run([program(), "--help"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"^  ([a-z-]+) ", said.stdout, re.MULTILINE)) - {"kubectl"}
    section = PAGE.partition("## Commands that are not there")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert known - COMMANDS.keys() == set(re.findall("`([a-z-]+)`", " ".join(rows)))
    assert known - COMMANDS.keys() == set(INSTEAD)
    for command, below in INSTEAD_BELOW.items():
        said = subprocess.run(
            [program(), command, "-h"], capture_output=True, text=True, check=True
        )
        listed = set(re.findall(r"^  ([a-z]+) {3}", said.stdout, re.MULTILINE))
        assert listed - {"namespace", "image"} == set(below)
