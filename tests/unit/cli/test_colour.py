"""Colour is for people at terminals, and for those who ask for it."""

from __future__ import annotations

import io

import pytest

from minipod.cli.printing.colour import Style, styled
from minipod.cli.printing.output import say_error, say_warning
from minipod.errors import NotFound


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("style", "begin"), [(Style.ERROR, "31"), (Style.WARNING, "33"), (Style.HINT, "2")]
)
def test_a_terminal_gets_colour(style: Style, begin: str) -> None:
    assert styled("word", style, Terminal()) == f"\x1b[{begin}mword\x1b[0m"


def test_a_pipe_gets_none() -> None:
    assert styled("word", Style.ERROR, io.StringIO()) == "word"


@pytest.mark.parametrize(
    ("variable", "value", "coloured"),
    [("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False)],
)
def test_a_terminal_can_refuse(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, coloured: bool
) -> None:
    monkeypatch.setenv(variable, value)
    assert (styled("word", Style.ERROR, Terminal()) != "word") == coloured


def test_a_pipe_can_ask_unless_no_color_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert styled("word", Style.ERROR, io.StringIO()) != "word"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("word", Style.ERROR, io.StringIO()) == "word"


def test_only_the_first_word_is_coloured_and_no_text_colours_itself(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    say_error(NotFound("no \x1b[32mpod", hint="look"))
    say_warning("careful")
    assert capfd.readouterr().err == (
        "\x1b[31mError:\x1b[0m no \\x1b[32mpod\n"
        "\x1b[2mHint:\x1b[0m look\n"
        "\x1b[33mWarning:\x1b[0m careful\n"
    )
