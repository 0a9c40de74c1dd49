"""Cutting a container's output into the lines of a log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from minipod.sandbox.logs import LONGEST_LINE, Lines, Log

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1_767_355_200_000_000_007


def test_a_line_has_time_stream_tag_and_text() -> None:
    """The format is that of the CRI, with nine digits of a second."""
    assert Lines("stdout").add(b"hello\n", NOON) == (
        b"2026-01-02T12:00:00.000000007Z stdout F hello\n"
    )


def test_a_line_waits_for_its_end() -> None:
    """What a program wrote in two pieces is one line; an empty line is a line."""
    lines = Lines("stderr")
    assert lines.add(b"hel", NOON) == b""
    assert lines.add(b"lo\n\n", NOON).count(b"stderr F ") == 2
    assert lines.end(NOON) == b""


def test_what_has_no_end_is_written_as_a_part() -> None:
    """A program that ends without a newline loses nothing."""
    lines = Lines("stdout")
    lines.add(b"open", NOON)
    assert lines.end(NOON).endswith(b"stdout P open\n")
    assert lines.end(NOON) == b""


def test_a_line_of_16_kib_is_whole_and_a_longer_one_is_cut() -> None:
    """The limit is containerd's: 16,384 bytes."""
    assert Lines("stdout").add(b"x" * LONGEST_LINE + b"\n", NOON).count(b"\n") == 1
    cut = Lines("stdout").add(b"x" * (LONGEST_LINE + 1) + b"\n", NOON).splitlines()
    assert [line.split(b" ", 3)[2:] for line in cut] == [[b"P", b"x" * LONGEST_LINE], [b"F", b"x"]]


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_no_byte_is_lost_or_made_up(pieces: list[bytes], longest: int) -> None:
    """However the output arrives and is cut, the log gives it back."""
    lines = Lines("stdout", longest)
    log = b"".join([*(lines.add(piece, NOON) for piece in pieces), lines.end(NOON)])
    back = b""
    for line in log.split(b"\n")[:-1]:
        _, _, tag, text = line.split(b" ", 3)
        assert len(text) <= longest
        back += text + (b"\n" if tag == b"F" else b"")
    assert back == b"".join(pieces)


def test_a_log_that_was_torn_goes_on_in_a_new_line(tmp_path: Path) -> None:
    """A full disk loses text, never the border between two lines."""
    log = Log("0.log", os.open(tmp_path, os.O_RDONLY))
    log.write(b"one\n")
    log._torn = True
    log.write(b"two\n")
    log.close()
    assert (tmp_path / "0.log").read_bytes() == b"one\n\ntwo\n"
