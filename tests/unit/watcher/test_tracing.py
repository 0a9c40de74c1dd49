"""Lines of the plain tracing interface."""

from __future__ import annotations

import time

import pytest

from minipod.watcher.tracing import decode

LINE = "  python3-4313    (   4312) [001] .....  5.000001: sys_bind -> 0xffffffffffffff9e"


def test_a_line_says_time_process_name_and_call() -> None:
    """And nothing else is known."""
    seen = decode(LINE)
    assert seen is not None
    assert seen.time == pytest.approx(time.time() - time.monotonic() + 5, abs=1)
    fields = seen.fields()
    del fields["time"]
    assert fields == {
        "seq": 0,
        "call": "bind",
        "failed": True,
        "pid": 4312,
        "name": "python3",
        "count": 1,
    }


@pytest.mark.parametrize(
    ("line", "pid", "name"),
    [
        (LINE.replace("python3-", "a-b (c-7-"), 4312, "a-b (c-7"),
        (LINE.replace("python3-", "<...>-"), 4312, ""),
        (LINE.replace("   4312", "-------"), 4313, "python3"),
        (LINE.replace("sys_bind", "sys_listen"), 4312, "python3"),
    ],
)
def test_odd_names_and_unknown_ones(line: str, pid: int, name: str) -> None:
    """A thread stands for its process where that is not known."""
    seen = decode(line)
    assert seen is not None
    assert (seen.pid, seen.name) == (pid, name)


@pytest.mark.parametrize(
    "line", ["", "CPU:0 [LOST 5 EVENTS]", LINE.replace("bind", "connect"), "# tracer: nop"]
)
def test_other_lines_are_passed_over(line: str) -> None:
    """They are of something else."""
    assert decode(line) is None
