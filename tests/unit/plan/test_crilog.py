"""The CRI log format: what a container wrote comes back, whole or from where it is wanted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.plan import crilog
from minipod.plan.crilog import Renderer, since_start, stamp, tail_start


def entry(text: str | bytes, *, second: int = 0, tag: str = "F", stream: str = "stdout") -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    time = stamp(datetime(2026, 1, 2, 3, 0, tzinfo=UTC).timestamp() + second)
    return b"%s %s %s %s\n" % (time, stream.encode(), tag.encode(), body)


def render(data: bytes, **options) -> bytes:
    return Renderer(**options).feed(data)


def test_stamps_have_one_length_and_nine_digits():
    assert stamp(1767323045.5) == b"2026-01-02T03:04:05.500000000Z"
    assert len(stamp(0)) == len(stamp(4e9)) == 30


def test_lines_of_both_streams_come_in_their_order():
    data = entry("out") + entry("err", stream="stderr") + entry("")
    assert render(data) == b"out\nerr\n\n"


def test_parts_are_joined():
    data = entry("one, ", tag="P") + entry("two, ", tag="P") + entry("three")
    assert render(data) == b"one, two, three\n"


def test_a_tag_may_have_others_behind_it():
    assert render(entry("a", tag="P:x") + entry("b", tag="F:y")) == b"ab\n"


def test_text_is_bytes_and_may_hold_spaces():
    assert render(entry(b" a  \xff b ")) == b" a  \xff b \n"


def test_timestamps_stand_before_lines_not_before_parts():
    data = entry("a", tag="P") + entry("b", second=1) + entry("c", second=2)
    assert render(data, timestamps=True) == (
        b"2026-01-02T03:00:00.000000000Z ab\n2026-01-02T03:00:02.000000000Z c\n"
    )


def test_older_lines_are_left_out():
    data = b"".join(entry(str(second), second=second) for second in range(5))
    since = stamp(datetime(2026, 1, 2, 3, 0, 3, tzinfo=UTC).timestamp())
    assert render(data, since=since) == b"3\n4\n"


def test_a_limit_counts_bytes_of_the_output():
    renderer = Renderer(limit=5)
    assert renderer.feed(entry("abc") + entry("def")) == b"abc\nd"
    assert renderer.done
    assert renderer.feed(entry("more")) == b""


def test_a_line_that_is_cut_off_waits_for_its_rest():
    renderer = Renderer()
    line = entry("hello")
    assert renderer.feed(line[:20]) == b""
    assert renderer.feed(line[20:-1]) == b""
    assert renderer.feed(line[-1:]) == b"hello\n"


def test_what_is_no_entry_is_passed_over():
    assert render(entry("a") + b"\x00\x00 junk\n\n" + entry("b")) == b"a\nb\n"


@given(st.lists(st.binary(max_size=20).filter(lambda text: b"\n" not in text)), st.integers(1, 50))
def test_pieces_of_any_size_render_the_same(lines, size):
    data = b"".join(entry(line, tag="FP"[len(line) % 2]) for line in lines)
    renderer = Renderer()
    pieces = [renderer.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join(pieces) == render(data)


class File:
    """Bytes that count what is read of them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.read_bytes = 0

    def read(self, offset: int, size: int) -> bytes:
        self.read_bytes += size
        return self.data[offset : offset + size]


def tail(data: bytes, lines: int) -> bytes:
    return data[tail_start(File(data).read, len(data), lines) :]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [(0, b""), (1, b"c\n"), (2, b"b\nc\n"), (3, b"a\nb\nc\n"), (9, b"a\nb\nc\n")],
)
def test_the_last_lines(lines, expected):
    data = entry("a") + entry("b") + entry("c")
    assert render(tail(data, lines)) == expected


def test_a_line_of_several_parts_is_one_line():
    data = entry("a") + entry("b", tag="P") + entry("b") + entry("c")
    assert render(tail(data, 2)) == b"bb\nc\n"


def test_a_line_that_is_not_finished_is_a_line():
    data = entry("a") + entry("b") + entry("c", tag="P")
    assert render(tail(data, 1)) == b"c"
    assert render(tail(data, 2)) == b"b\nc"


def test_an_entry_that_is_being_written_is_not_counted():
    data = entry("a") + entry("b") + entry("c")[:-3]
    assert render(tail(data, 1)) == b"b\n"


def test_the_tail_of_nothing():
    assert tail(b"", 5) == b""


def test_the_tail_of_a_large_file_reads_its_end_only():
    file = File(entry("x" * 50) * 100_000)
    start = tail_start(file.read, len(file.data), 10)
    assert render(file.data[start:]).count(b"\n") == 10
    assert file.read_bytes <= crilog.BLOCK


@given(
    st.lists(st.tuples(st.text("a FP", max_size=30), st.booleans())),
    st.integers(0, 12),
    st.integers(70, 400),
)
def test_the_tail_is_what_it_would_be_of_the_whole(entries, lines, block):
    data = b"".join(entry(text, tag="P" if part else "F") for text, part in entries)
    whole = render(data).split(b"\n")
    if not entries or not entries[-1][1]:
        whole = whole[:-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crilog, "BLOCK", block)
        shown = render(tail(data, lines)).split(b"\n")
    if not entries or not entries[-1][1] or not lines:
        shown = shown[:-1]
    assert shown == (whole[-lines:] if lines else [])


def test_since_finds_its_place_in_a_large_file_with_few_reads():
    file = File(b"".join(entry("x" * 100, second=second) for second in range(20_000)))
    since = stamp(datetime(2026, 1, 2, 3, 0, tzinfo=UTC).timestamp() + 15_000)
    start = since_start(file.read, len(file.data), since)
    assert file.read_bytes <= 10 * crilog.BLOCK
    assert len(file.data) - start <= 5_000 * 140 + 2 * crilog.BLOCK
    assert render(file.data[start:], since=since) == render(file.data, since=since)


@given(st.integers(0, 300), st.integers(-5, 310))
def test_since_leaves_out_nothing_that_is_wanted(count, second):
    data = b"".join(entry(str(each), second=each) for each in range(count))
    since = stamp(datetime(2026, 1, 2, 3, 0, tzinfo=UTC).timestamp() + second)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crilog, "BLOCK", 100)
        start = since_start(File(data).read, len(data), since)
    assert render(data[start:], since=since) == render(data, since=since)
