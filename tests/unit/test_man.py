"""The manual pages: one for each command, of the source of its --help, and brought by a wheel."""

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


def test_what_is_built_brings_the_pages_and_the_completions_along(
    pages: dict[str, Path], tmp_path: Path
) -> None:
    options = (
        "build",
        "--build-base",
        tmp_path / "build",
        "install_data",
        "--install-dir",
        tmp_path,
    )
    subprocess.run([sys.executable, "setup.py", "--quiet", *options], cwd=TOP, check=True)
    share = tmp_path / "share"
    assert {page.stem for page in (share / "man/man1").iterdir()} == set(pages)
    for shell, name in (
        ("bash", "bash-completion/completions/minipod"),
        ("zsh", "zsh/site-functions/_minipod"),
        ("fish", "fish/vendor_completions.d/minipod.fish"),
    ):
        read = [shell, "--no-execute" if shell == "fish" else "-n", share / name]
        done = subprocess.run(read, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "minipod" in (share / name).read_text()
