"""What is remembered, told as one, and told again."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.watcher import history
from minipod.watcher.history import History
from minipod.watcher.records import Seen


def failure(**fields: Any) -> Seen:
    """Return a bind that failed."""
    return Seen(**{"call": "bind", "failed": True, "pid": 1, "name": "n", "port": 80} | fields)


def success(**fields: Any) -> Seen:
    """Return a bind that succeeded."""
    return failure(failed=False, **fields)


def test_the_same_failure_in_a_row_is_one() -> None:
    """Its count and its time grow, its number stays; the socket may be another."""
    remembered = History()
    first, new = remembered.take(failure(time=1.0, inode=7))
    assert (new, first.seq, first.count) == (True, 1, 1)
    again, new = remembered.take(failure(time=2.0, inode=8))
    assert again is first
    assert (new, first.seq, first.count, first.time) == (False, 1, 2, 2.0)


@pytest.mark.parametrize(
    "other",
    [
        {"pid": 2},
        {"port": 81},
        {"address": "::"},
        {"family": 6},
        {"protocol": "UDP"},
        {"call": "listen"},
        {"name": "another with that number"},
        {"command": "another"},
        {"cgroup": 9},
        {"failed": False},
    ],
)
def test_another_call_is_another_record(other: dict[str, Any]) -> None:
    """Also the first one again, after it."""
    remembered = History()
    remembered.take(failure())
    second, new = remembered.take(failure(**other))
    assert (new, second.seq) == (True, 2)
    if other.get("pid", 1) == 1:
        third, new = remembered.take(failure())
        assert (new, third.seq) == (True, 3)


def test_processes_that_take_turns_are_one_record_each() -> None:
    """In a row means: of the same process."""
    remembered = History()
    for _ in range(5):
        remembered.take(failure(pid=1))
        remembered.take(failure(pid=2))
    assert [(seen.pid, seen.count) for seen in remembered.unknown(0)] == [(1, 5), (2, 5)]


def test_a_server_hears_what_it_does_not_know() -> None:
    """Failures behind its number, what has grown since it was told, and every success."""
    remembered = History()
    records = [remembered.take(failure(pid=pid))[0] for pid in range(1, 5)]
    taken, _ = remembered.take(success(pid=9, inode=1))
    for seen in (*records, taken):
        remembered.told(seen)
    assert list(remembered.unknown(4)) == [taken]
    assert list(remembered.unknown(2)) == [taken, *records[2:]]
    assert list(remembered.unknown(0)) == [taken, *records]
    remembered.take(failure(pid=1))
    assert list(remembered.unknown(4)) == [taken, records[0]]


def test_a_socket_has_one_success() -> None:
    """The newest: a listen after its bind; told apart by what is known of it."""
    remembered = History()
    remembered.take(success(inode=5))
    newest, _ = remembered.take(success(inode=5, call="listen"))
    other, _ = remembered.take(success(inode=6))
    assert list(remembered.unknown(0)) == [newest, other]
    remembered = History()
    for port in (80, 81, 80):
        remembered.take(success(cgroup=1, family=4, address="::", port=port))
    assert [seen.port for seen in remembered.unknown(0)] == [81, 80]


def test_memory_has_an_end_and_what_nobody_heard_of_counts_as_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The oldest goes first."""
    monkeypatch.setattr(history, "_FAILURES", 3)
    monkeypatch.setattr(history, "_SUCCESSES", 2)
    remembered = History()
    for pid in range(1, 6):
        seen, _ = remembered.take(failure(pid=pid))
        if pid == 1:
            remembered.told(seen)
        remembered.take(success(pid=100 + pid, inode=pid))
    assert [seen.pid for seen in remembered.unknown(0)] == [104, 105, 3, 4, 5]
    assert remembered.lost == 1  # the second; a server knew of the first


def test_a_process_whose_failure_was_forgotten_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rather than count on in a record that nobody can see."""
    monkeypatch.setattr(history, "_FAILURES", 1)
    remembered = History()
    remembered.take(failure(pid=1))
    remembered.take(failure(pid=2))
    again, new = remembered.take(failure(pid=1))
    assert (new, again.count) == (True, 1)
