"""The journal: what is written can be read, whoever died when."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from minipod.sandbox import journal as module
from minipod.sandbox.journal import Journal, append, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Deadlines:
    """Plays the loop's deadlines."""

    def __init__(self) -> None:
        self.callback: Callable[[], None] | None = None

    def at(self, _deadline: float, _name: object, callback: Callable[[], None]) -> None:
        """Keep the callback for the test to call."""
        self.callback = callback


def journal_in(folder: Path, told: Callable[[int], None] = lambda _: None) -> Journal:
    """Return a journal in a folder."""
    return Journal(os.open(folder, os.O_RDONLY), Deadlines(), told)


def test_records_come_back_in_their_order(tmp_path: Path) -> None:
    """Each with its event, its time and its fields; the offset is where the next ones begin."""
    told: list[int] = []
    journal = journal_in(tmp_path, told.append)
    journal.record("started", name="c", when=1.5)
    records, offset = read_journal(str(tmp_path))
    assert records == [{"event": "started", "time": 1.5, "name": "c"}]
    assert told == [offset]
    journal.record("exited", name="c")
    records, end = read_journal(str(tmp_path), offset)
    assert [record["event"] for record in records] == ["exited"]
    assert end == told[-1] == os.stat(tmp_path / "journal").st_size


def test_a_line_that_is_not_whole_is_left_for_later(tmp_path: Path) -> None:
    """A reader that comes in the middle of a write sees the record the next time."""
    line = b'{"event": "sandbox", "time": 1}\n'
    path = tmp_path / "journal"
    path.write_bytes(line + line[:9])
    records, offset = read_journal(str(tmp_path))
    assert (len(records), offset) == (1, len(line))
    path.write_bytes(line + line)
    assert len(read_journal(str(tmp_path), offset)[0]) == 1


@pytest.mark.parametrize("torn", [b'{"event": "exi', b"\x00\x00", b"[]", b'{"time": 1}', b"\xff"])
def test_a_torn_line_hides_none_after_it(tmp_path: Path, torn: bytes) -> None:
    """A writer that died in the middle of a line is followed by one that begins a new one."""
    (tmp_path / "journal").write_bytes(torn)
    journal_in(tmp_path).record("sandbox", pid=7)
    records, _ = read_journal(str(tmp_path))
    assert [record["event"] for record in records] == ["sandbox"]


def test_no_journal_has_no_records(tmp_path: Path) -> None:
    """A pod that never had a sandbox is no error."""
    assert read_journal(str(tmp_path)) == ([], 0)


def test_a_full_disk_delays_records_but_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written in part goes on where it stopped, when the disk takes it again."""
    journal = journal_in(tmp_path)
    write = os.write
    room = 10

    def small_disk(file: int, data: bytes) -> int:
        nonlocal room
        if room == 0:
            raise OSError(28, "No space left on device")
        written = write(file, data[:room])
        room -= written
        return written

    monkeypatch.setattr(module.os, "write", small_disk)
    journal.record("started", name="c")
    journal.record("exited", name="c")
    assert read_journal(str(tmp_path))[0] == []
    room = 1000
    loop: Any = journal._loop
    loop.callback()
    assert [record["event"] for record in read_journal(str(tmp_path))[0]] == ["started", "exited"]


def test_what_is_appended_without_a_sandbox_follows_a_torn_line(tmp_path: Path) -> None:
    folder = tmp_path / "pod"
    append(str(folder), [{"event": "a"}])
    (folder / "journal").open("a").write('{"event": "to')
    append(str(folder), [{"event": "b"}, {"event": "c"}])
    records, offset = read_journal(str(folder))
    assert [record["event"] for record in records] == ["a", "b", "c"]
    assert offset == (folder / "journal").stat().st_size


def test_a_journal_that_fell_silent_says_nothing_more(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.record("started")
    journal.fall_silent()
    journal.record("exited")
    assert [record["event"] for record in read_journal(str(tmp_path))[0]] == ["started"]
