"""A root with a watcher, and a program in C that binds."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.root.watcher.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Give a root with control groups, and no watcher yet."""
    lab = Lab(tmp_path / "root")
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture(scope="session")
def binder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the program binder.c."""
    program = tmp_path_factory.mktemp("binder") / "binder"
    source = Path(__file__).with_name("binder.c")
    subprocess.run(["gcc", "-O2", "-pthread", "-o", program, source], check=True)
    return program
