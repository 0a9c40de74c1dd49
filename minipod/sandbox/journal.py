"""The pod's journal: what happened, one JSON object a line, whoever listens or not."""

from __future__ import annotations

import json
import os
import time

from minipod.sandbox.protocol import JOURNAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from minipod.sandbox.loop import Loop

_TRY_AGAIN = 1.0
_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Journal:
    """Appends records. A record that the disk does not take now is tried again, in its order."""

    def __init__(self, folder: int, loop: Loop, told: Callable[[int], None]) -> None:
        self._loop = loop
        self._told = told
        self._file = os.open(JOURNAL, _APPEND, 0o600, dir_fd=folder)
        self._offset = os.fstat(self._file).st_size
        self._waiting = _mended(self._file, self._offset)
        self._silent = False

    def fall_silent(self) -> None:
        """Record no more: what happens from now on is the machine's doing."""
        self._silent = True

    def record(self, event: str, *, when: float | None = None, **fields: Any) -> None:
        """Append what happened, now or at `when`; then tell how long the journal is."""
        if self._silent:
            return
        record = {"event": event, "time": time.time() if when is None else when, **fields}
        self._waiting += json.dumps(record).encode() + b"\n"
        self._flush()

    def _flush(self) -> None:
        try:
            while self._waiting:
                written = os.write(self._file, self._waiting)
                self._offset += written
                self._waiting = self._waiting[written:]
        except OSError:  # a full disk, say
            self._loop.at(time.monotonic() + _TRY_AGAIN, self, self._flush)
            return
        self._told(self._offset)


def _mended(file: int, size: int) -> bytes:
    """Return what ends the last line, if the writer before us died in the middle of it."""
    return b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""


def append(folder: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Append to the journal of a pod that has no sandbox now: nobody else writes to it. OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    file = os.open(f"{folder}/{JOURNAL}", _APPEND, 0o600)
    try:
        lines = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        os.write(file, _mended(file, os.fstat(file).st_size) + lines)
    finally:
        os.close(file)


def read_journal(folder: str, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Return a journal's records from an offset on, and the offset of what comes next.

    A last line that is not whole yet is left for the next time; a torn one, by a writer that died,
    is passed over. A journal that is not there has no records. OSError.
    """
    try:
        file = os.open(f"{folder}/{JOURNAL}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return [], offset
    try:
        text = os.pread(file, max(0, os.fstat(file).st_size - offset), offset)
    finally:
        os.close(file)
    whole = text[: text.rfind(b"\n") + 1]
    return [record for line in whole.splitlines() if (record := _parsed(line))], offset + len(whole)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "event" in record else None
