"""The server's process: what whoever starts it is told."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from minipod import server
from minipod.errors import HostError
from minipod.sandbox.protocol import READY_VARIABLE, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of a pipe on which the server reports; its rlimits stay ours."""
    reader, writer = os.pipe()
    monkeypatch.setenv(READY_VARIABLE, str(writer))
    monkeypatch.setattr(sys, "argv", ["minipod.server", "--root", str(tmp_path)])
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    yield reader
    os.close(reader)


def failing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(*_: object) -> int:
        raise error

    monkeypatch.setattr(server, "_serve", serve)


def test_what_cannot_be_is_told_and_not_tried_again(
    told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(HostError("cannot open the state"), monkeypatch)
    assert server.main() == REFUSED
    assert os.read(told, 100) == b"error: cannot open the state\n"


def test_a_bug_is_told_at_once(told: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first command waits for a server that starts again and again."""
    failing(KeyError("names"), monkeypatch)
    with pytest.raises(KeyError):
        server.main()
    assert os.read(told, 100) == b"error: internal: KeyError: 'names'\n"


def test_a_folder_that_others_may_write_to_is_refused(told: int, tmp_path: Path) -> None:
    """The server looks for itself: a service or an old command may have started it."""
    tmp_path.chmod(0o777)
    assert server.main() == REFUSED
    answer = f"error: cannot use {tmp_path}: others may write to it (mode 0777)\n"
    assert os.read(told, 1000).decode() == answer
    assert not (tmp_path / "state.db").exists()
