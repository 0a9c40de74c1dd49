"""What is waited for is shown on a terminal, on one line, and nothing of it is left."""

from __future__ import annotations

import io
import os
import threading

import pytest

from minipod.cli.printing.output import TERMINAL, say, tell
from minipod.cli.telling.making import Making
from minipod.cli.telling.progress import Waiting
from minipod.cli.telling.words import awaited, ending
from tests.support.terminal import screen
from tests.support.wait import eventually

ERASE = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def pod(name: str, deadline: str = "2026-01-02T03:04:15Z") -> dict[str, str]:
    return {"name": name, "deletionTimestamp": deadline}


def terminal(patch: pytest.MonkeyPatch, term: str = "xterm") -> Terminal:
    """Put a terminal where stderr is; from the test itself, for pytest puts its own there too."""
    made = Terminal()
    patch.setattr("sys.stderr", made)
    patch.setenv("TERM", term)
    return made


def test_a_line_is_drawn_and_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, drawn = terminal(monkeypatch), threading.Event()

    def text() -> str:
        drawn.set()
        return "waiting\x1b for godot"

    with Waiting(text, after=0):
        assert drawn.wait(5)
    assert shown.getvalue() == f"{ERASE}waiting\\x1b for godot{ERASE}"


def test_who_does_not_wait_long_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    with Waiting(lambda: "waiting", after=60):
        pass
    assert shown.getvalue() == ""


def test_a_dumb_terminal_and_a_pipe_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch, "dumb")
    with Waiting(lambda: "waiting", after=0):
        pass
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    monkeypatch.setenv("TERM", "xterm")
    with Waiting(lambda: "waiting", after=0):
        pass
    assert (shown.getvalue(), pipe.getvalue()) == ("", "")


def test_beside_a_pipe_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads it may show what it reads on the same terminal: `| cat`."""
    shown = terminal(monkeypatch)
    reader, writer = os.pipe()
    before = os.dup(1)
    os.dup2(writer, 1)
    try:
        with Waiting(lambda: "waiting", after=0):
            assert TERMINAL.below is None
    finally:
        os.dup2(before, 1)
        for descriptor in (reader, writer, before):
            os.close(descriptor)
    assert shown.getvalue() == ""


def test_what_is_printed_stands_above_the_line_and_one_line_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown, drawn = terminal(monkeypatch), threading.Event()
    monkeypatch.setattr("sys.stdout", shown)
    count = 0

    def text() -> str:
        drawn.set()
        return f"{count}/2 done"

    with Waiting(text, after=0), Waiting(lambda: "inner", after=0):
        assert drawn.wait(5)
        eventually(lambda: "0/2 done" in shown.getvalue())
        count = 1
        tell("one")
        count = 2
        say("two")
    assert TERMINAL.below is None
    assert shown.getvalue() == (
        f"{ERASE}0/2 done{ERASE}one\n{ERASE}1/2 done{ERASE}two\n{ERASE}2/2 done{ERASE}"
    )
    assert screen(shown.getvalue().replace("\n", "\r\n")) == ["one", "two", ""]


def test_a_line_is_not_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, drawn = terminal(monkeypatch), threading.Event()

    def text() -> str:
        drawn.set()
        return "x" * 200

    with Waiting(text, after=0):
        assert drawn.wait(5)
    assert shown.getvalue() == f"{ERASE}{'x' * 78}…{ERASE}"


def test_the_total_is_asked_once_and_only_by_who_waits() -> None:
    asked = []

    def total() -> int:
        asked.append(1)
        return 50

    making = Making("created", total)
    with making:
        making.count += 12
    assert asked == []
    assert [making._text() for _ in range(2)] == ["12/50 created (0s)"] * 2
    assert asked == [1]
    assert Making("applied", lambda: None)._text() == "0 applied (0s)"


def test_those_that_are_awaited_are_named() -> None:
    assert awaited(["a"], 1, " to be ready", 1.6) == "waiting for 1 to be ready: a (2s)"
    assert awaited(["c", "d", "e", "f"], 50, "", 12) == "waiting for 4 of 50: c, d, e… (12s)"


def test_those_that_end_are_named_and_the_time_they_have() -> None:
    now = 1767323043.0  # 03:04:03
    assert ending([pod("web")], 1, now) == "waiting for 1 to end: web (12 s left of their grace)"
    many = [pod("a"), pod("b"), pod("c"), pod("d", "2026-01-02T03:04:00Z")]
    words = "waiting for 4 of 9 to end: a, b, c… (12 s left of their grace)"
    assert ending(many, 9, now) == words
    assert ending([pod("a", "2026-01-02T03:04:00Z")], 1, now) == "waiting for 1 to end: a"
    assert ending([{"name": "lab"}], 1, now) == "waiting for 1 to end: lab"
