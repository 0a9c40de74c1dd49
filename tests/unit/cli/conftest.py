"""The command in this process, on a server that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from minipod.cli import main
from tests.support.fake_server import FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., "Ran"]


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    fake = FakeServer(tmp_path)
    yield fake
    fake.close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line as root, on the fake server's root."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("MINIPOD_ROOT", str(tmp_path))
    monkeypatch.delenv("MINIPOD_DEBUG", raising=False)

    def run(*argv: str) -> Ran:
        capfd.readouterr()
        code = main.run(argv)
        return Ran(code, *capfd.readouterr())

    return run
