"""attach, with a sandbox that only says what a program did."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.streams.attach import Wanted, attach
from minipod.errors import Conflict
from tests.support.fake_sandbox import FakeSandbox, Said

if TYPE_CHECKING:
    from pathlib import Path

POD: dict[str, Any] = {
    "metadata": {"namespace": "default", "name": "web", "uid": "u"},
    "spec": {"containers": [{"name": "main"}]},
}


def closed_stdin(said: Said) -> list[Said]:
    """Refuse the stdin, which the program has closed, and give the log, which has a line."""
    seq = said.content["seq"]
    if said.content["stdin"]:
        error = {"step": "attach", "errno": errno.EPIPE, "message": "its stdin is closed"}
        return [Said({"seq": seq, "error": error}, [])]
    log = os.memfd_create("log")
    os.write(log, b"2026-01-02T03:04:05.0Z stdout F last words\n")
    given = [log, os.eventfd(0)]
    return [Said({"seq": seq, "ok": {"offset": 0}}, given), Said({"exit": {}}, [])]


def test_a_program_that_has_closed_its_stdin_is_still_heard_from_its_beginning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with FakeSandbox(tmp_path, "u", closed_stdin):
        wanted = Wanted("main", stdin=True, terminal=False, attempt=0)
        attached = attach(str(tmp_path), POD, wanted)
        assert attached is not None
        with attached:
            attached.run()
    assert capfd.readouterr().out == "last words\n"


def test_who_comes_later_is_told_that_stdin_is_closed(tmp_path: Path) -> None:
    with (
        FakeSandbox(tmp_path, "u", closed_stdin),
        pytest.raises(Conflict, match="it is closed: stdinOnce gave it to the first"),
    ):
        attach(str(tmp_path), POD, Wanted("main", stdin=True, terminal=False))
