"""The manual pages: one for each command, of the same source as its --help."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.test_docs import COMMANDS, TOP


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("man1")
    (folder / "minipod-of-old.1").touch()
    subprocess.run([sys.executable, TOP / "scripts/man-pages", folder], check=True)
    return {page.stem: page for page in folder.iterdir()}


def test_every_command_has_a_page_and_no_page_is_of_old(pages: dict[str, Path]) -> None:
    assert set(pages) == {path.replace(" ", "-") for path in COMMANDS}


def test_mandoc_has_nothing_to_say_of_them(pages: dict[str, Path]) -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *pages.values()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_a_page_shows_what_the_help_shows(pages: dict[str, Path]) -> None:
    shown = subprocess.run(
        ["mandoc", "-T", "ascii", pages["minipod-get"]], capture_output=True, text=True, check=True
    )
    plain = re.sub(".\b", "", shown.stdout)
    for part in ("minipod-get - Show", "-o, --output FORMAT", "-h, --help", "get pods -o wide"):
        assert part in plain
