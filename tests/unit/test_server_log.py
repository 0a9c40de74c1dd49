"""What the server says of itself, and where it ends up."""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING

import pytest

from minipod.server_log import BoundedHandler, Logfmt, is_journal, quoted

if TYPE_CHECKING:
    from pathlib import Path


def line(*, journal: bool, **fields: object) -> str:
    record = logging.makeLogRecord(
        {"levelno": 30, "levelname": "WARNING", "msg": "it is %s", "args": ("so",)} | fields
    )
    return Logfmt(journal=journal).format(record)


def test_a_line_has_time_with_zone_level_message_and_fields() -> None:
    said = line(journal=False, pod="default/web", ms=12, error=None)
    time, rest = said.split(" ", 1)
    assert re.fullmatch(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", time)
    assert rest == 'level=warning msg="it is so" pod=default/web ms=12'


def test_the_journal_gets_the_level_as_a_prefix_and_no_second_time() -> None:
    assert line(journal=True, code=201) == '<4>msg="it is so" code=201'


@pytest.mark.parametrize(
    ("value", "shown"),
    [("web", "web"), ("", '""'), ("a b", '"a b"'), ('a"b\\', '"a\\"b\\\\"'), ("x=1", '"x=1"'),
     ("one\ntwo", '"one\\ntwo"'), (201, "201"), ("ü", '"ü"'),
     ("a\0\x1b[2Jb", '"a\\x00\\x1b[2Jb"'), ("\ud800", '"\\ud800"')],
)  # fmt: skip
def test_a_value_is_quoted_where_it_must_be(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_a_bug_has_its_traceback_below() -> None:
    try:
        int("oops")
    except ValueError as error:
        said = line(journal=False, exc_info=(ValueError, error, error.__traceback__))
    assert said.splitlines()[-1].endswith("'oops'")


def test_the_journal_is_told_from_a_file(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w") as file:
        found = os.fstat(file.fileno())
        assert is_journal(f"{found.st_dev}:{found.st_ino}", file.fileno())
        assert not is_journal("8:1", file.fileno())
        assert not is_journal(None, file.fileno())


def test_a_log_that_grew_is_put_aside_and_no_line_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    with path.open("a") as stream:
        handler = BoundedHandler(str(path), largest=100)
        handler.setStream(stream)
        for number in range(40):
            handler.emit(logging.makeLogRecord({"msg": f"{number:020}"}))
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["server.log", "server.log.1", "server.log.2"]
    kept = [
        (tmp_path / name).read_text() for name in ("server.log.2", "server.log.1", "server.log")
    ]
    assert all(len(text) <= 121 for text in kept)
    numbers = [int(each) for each in "".join(kept).split()]
    assert numbers == list(range(numbers[0], 40))


def test_what_is_no_file_of_the_root_is_never_cut(tmp_path: Path) -> None:
    other = tmp_path / "other"
    with other.open("a") as stream:
        handler = BoundedHandler(str(tmp_path / "server.log"), largest=10)
        handler.setStream(stream)
        handler.emit(logging.makeLogRecord({"msg": "x" * 100}))
    assert len(other.read_text()) == 101
    assert [each.name for each in tmp_path.iterdir()] == ["other"]
