"""Fixtures of the tests that need a kernel. Unit tests ask for none of them, and need no root."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import host as playing_host
from tests.support.command import Minipod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure() -> None:
    """Hear SIGINT, whoever started the run: a shell has its background jobs ignore it.

    What ignores it here is ignored by all that is started, and many tests end a command by Ctrl+C.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # The machine may be busy: how long an example takes says nothing of it.
    settings.register_profile(
        "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("patient")


@pytest.fixture(scope="session")
def host() -> None:
    """Put the whole run into a host of its own, with no way out."""
    if os.geteuid() != 0:
        pytest.fail("tests with a kernel need root: run 'sudo scripts/test'")
    playing_host.enter()


@pytest.fixture
def root(host: None, tmp_path: Path) -> Iterator[Path]:
    """Give an instance's folder; whatever is left of it after the purge fails the test."""
    folder = tmp_path / "root"
    before = playing_host.snapshot()
    yield folder
    try:
        if folder.exists():
            command = Minipod(folder, tmp_path)
            command("purge", "--yes")
            command("server", "stop")
            for log in folder.glob("server.log"):
                print(log.read_text()[-4000:])  # shown when a test fails
        eventually(lambda: not playing_host.remains(folder, before))
    except AssertionError:
        pytest.fail("\n".join(playing_host.remains(folder, before)))
    finally:
        playing_host.sweep(folder, before)


@pytest.fixture
def minipod(root: Path, tmp_path: Path) -> Minipod:
    """Give the command, on a root of the test's own."""
    return Minipod(root, tmp_path)
