"""What is waited for is shown on a terminal, on one line, and nothing of it is left."""

from __future__ import annotations

import io
import threading

import pytest

from minipod.cli.telling.progress import Waiting, ending

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


def test_those_that_end_are_named_and_the_time_they_have() -> None:
    now = 1767323043.0  # 03:04:03
    assert ending([pod("web")], now) == "waiting for 1 to end: web (12 s left of their grace)"
    many = [pod("a"), pod("b"), pod("c"), pod("d", "2026-01-02T03:04:00Z")]
    assert ending(many, now) == "waiting for 4 to end: a, b, c… (12 s left of their grace)"
    assert ending([pod("a", "2026-01-02T03:04:00Z")], now) == "waiting for 1 to end: a"
