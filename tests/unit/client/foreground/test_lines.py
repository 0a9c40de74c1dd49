"""What lines look like, and that each is shown once."""

from __future__ import annotations

import pytest

from minipod.client.foreground.labels import Dress, Labels
from minipod.client.foreground.place import Place
from minipod.client.wire.chunked import Chunks

FIRST = b"2026-01-02T03:04:05.000000001Z"
SECOND = b"2026-01-02T03:04:05.000000002Z"


def test_labels_are_as_wide_as_the_widest_of_them_and_of_minipods_name() -> None:
    labels = Labels(["web/main", "web/a"], Dress.PLAIN)
    assert labels.before("web/a") == b"web/a    | "
    assert labels.before("web/main") == b"web/main | "
    assert labels.voice() == "minipod  | "
    assert Labels(["a/b"], Dress.PLAIN).before("a/b") == b"a/b     | "


def test_each_container_has_a_colour_and_red_is_none_of_them() -> None:
    labels = Labels([f"p/{n}" for n in range(40)], Dress.COLOURED)
    first, second = labels.before("p/0"), labels.before("p/1")
    assert first == b"\x1b[36mp/0     | \x1b[0m"
    assert first[:5] != second[:5]
    assert not any(
        labels.before(f"p/{n}").startswith((b"\x1b[31m", b"\x1b[91m")) for n in range(40)
    )
    assert labels.voice() == "\x1b[1mminipod | \x1b[0m"


def test_bare_lines_have_no_labels() -> None:
    assert Labels(["web/main"], Dress.BARE).before("web/main") == b""
    assert Labels(["web/main"], Dress.BARE).voice() == ""


def test_a_line_is_shown_with_its_time_only_if_asked_for() -> None:
    assert Place(timestamps=False).take(FIRST + b" a b") == b"a b"
    assert Place(timestamps=True).take(FIRST + b" a b") == FIRST + b" a b"


def test_reading_goes_on_after_the_last_line_even_among_lines_of_one_time() -> None:
    place = Place(timestamps=False)
    assert place.again() is None
    lines = [FIRST + b" a", SECOND + b" b", SECOND + b" c", SECOND + b" d"]
    assert [place.take(line) for line in lines[:3]] == [b"a", b"b", b"c"]
    assert place.again() == "2026-01-02T03:04:05Z"
    assert [place.take(line) for line in lines] == [None, None, None, b"d"]
    assert place.again() == "2026-01-02T03:04:05Z"
    assert [place.take(line) for line in lines] == [None, None, None, None]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_chunks_are_decoded_however_they_are_cut(size: int) -> None:
    wire = b"3\r\nab\n\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n"
    chunks = Chunks()
    pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
    assert b"".join(map(chunks.feed, pieces)) == b"ab\n0123456789abcdef"
    assert chunks.ended


def test_what_is_no_chunk_is_an_error() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Chunks().feed(b"HTTP/1.1 200 OK\r\n")
