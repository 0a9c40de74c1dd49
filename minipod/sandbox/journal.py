"""The pod's journal: what happened, one JSON object a line, whoever listens or not."""

from __future__ import annotations

import json
import os
import time

from minipod.sandbox.protocol import JOURNAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from minipod.sandbox.loop import Loop

_TRY_AGAIN = 1.0


class Journal:
    """Appends records. A record that the disk does not take now is tried again, in its order."""

    def __init__(self, folder: int, loop: Loop, told: Callable[[int], None]) -> None:
        self._loop = loop
        self._told = told
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(JOURNAL, flags, 0o600, dir_fd=folder)
        self._offset = os.fstat(self._file).st_size
        self._waiting = b""
        if self._offset and os.pread(self._file, 1, self._offset - 1) != b"\n":
            self._waiting = b"\n"  # the writer before us died in the middle of a line

    def record(self, event: str, *, when: float | None = None, **fields: Any) -> None:
        """Append what happened, now or at `when`; then tell how long the journal is."""
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


def read_journal(folder: str, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Return a journal's records from an offset on, and the offset of what comes next.

    A last line that is not whole yet is left for the next time; a torn one, by a writer that died,
    is passed over. A journal that is not there has no records. OSError.
    """
    try:
        with open(f"{folder}/{JOURNAL}", "rb") as file:
            file.seek(offset)
            text = file.read()
    except FileNotFoundError:
        return [], offset
    whole = text[: text.rfind(b"\n") + 1]
    return [record for line in whole.splitlines() if (record := _parsed(line))], offset + len(whole)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "event" in record else None
