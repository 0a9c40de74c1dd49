"""Times are written as Kubernetes writes them, and ages as kubectl prints them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.model.times import parse_timestamp, short_duration, timestamp

S, M, H, D, Y = 1, 60, 3600, 86_400, 365 * 86_400
A_BIT_LESS = 0.001


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-1.999, "0s"),
        (-0.5, "0s"),
        (0, "0s"),
        (0.999, "0s"),
        (1, "1s"),
        (70, "70s"),
        (2 * M - A_BIT_LESS, "119s"),
        (2 * M, "2m"),
        (2 * M + S, "2m1s"),
        (190, "3m10s"),
        (10 * M - A_BIT_LESS, "9m59s"),
        (10 * M, "10m"),
        (10 * M + S, "10m"),
        (70 * M, "70m"),
        (3 * H - A_BIT_LESS, "179m"),
        (3 * H, "3h"),
        (3 * H + M, "3h1m"),
        (8 * H - A_BIT_LESS, "7h59m"),
        (8 * H, "8h"),
        (8 * H + 59 * M, "8h"),
        (2 * D - A_BIT_LESS, "47h"),
        (2 * D, "2d"),
        (2 * D + H, "2d1h"),
        (8 * D - A_BIT_LESS, "7d23h"),
        (8 * D, "8d"),
        (8 * D + 23 * H, "8d"),
        (367 * D, "367d"),
        (2 * Y - A_BIT_LESS, "729d"),
        (2 * Y, "2y"),
        (2 * Y + 23 * H, "2y"),
        (2 * Y + D, "2y1d"),
        (2 * Y + 5 * D, "2y5d"),
        (8 * Y - A_BIT_LESS, "7y364d"),
        (8 * Y, "8y"),
        (8 * Y + 364 * D, "8y"),
    ],
)
def test_an_age_reads_as_kubectl_prints_it(seconds, text):
    assert short_duration(seconds) == text


def test_a_time_is_written_in_utc_and_whole_seconds():
    assert timestamp(0) == "1970-01-01T00:00:00Z"
    assert timestamp(1_767_323_045.9) == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-02T03:04:05Z", 1_767_323_045),
        ("2026-01-02T04:04:05+01:00", 1_767_323_045),
        ("2026-01-02T03:04:05.5Z", 1_767_323_045.5),
        ("2026-01-02T03:04:05.250000999Z", 1_767_323_045.25),
    ],
)
def test_a_time_is_read_with_its_offset_and_fraction(text, seconds):
    assert parse_timestamp(text) == seconds


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-02", "2026-01-02T03:04:05"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_timestamp(text)


@given(st.integers(0, 4_000_000_000))
def test_a_written_time_reads_back(seconds):
    assert parse_timestamp(timestamp(seconds)) == seconds
