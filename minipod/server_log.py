"""What the server says of itself: one line an event, in logfmt.

    time=2026-11-25T14:07:53.123+00:00 level=info msg="pod started" pod=default/web ms=12

By hand that goes to ROOT/server.log; under systemd to its journal, which knows the time and takes
the level from a prefix (sd-daemon(3)). Fields are what `extra=` gave to the standard logging.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import sys
from datetime import UTC, datetime

LARGEST = 10 << 20
"""Bytes of the file after which it is put aside."""

KEPT = 2
"""Files put aside that are kept: server.log.1 and server.log.2."""

_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN = frozenset("!#$%&'()*+,-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
                   "abcdefghijklmnopqrstuvwxyz{|}~")  # fmt: skip


def start(path: str) -> None:
    """Send all that is logged to stderr; if that is the file `path`, keep it from growing on."""
    journal = is_journal(os.environ.get("JOURNAL_STREAM"))
    handler = logging.StreamHandler(sys.stderr) if journal else BoundedHandler(path)
    handler.setFormatter(Logfmt(journal=journal))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def is_journal(stream: str | None, descriptor: int = 2) -> bool:
    """Return whether a descriptor is the journal's, as JOURNAL_STREAM tells (systemd.exec(5))."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return stream == f"{found.st_dev}:{found.st_ino}"


class Logfmt(logging.Formatter):
    """One line for each record; the traceback of a bug follows it."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        level = record.levelname.lower()
        pairs = {"msg": record.getMessage()}
        pairs |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if self._journal:
            start = f"<{_PRIORITIES.get(level, 6)}>"
        else:
            when = datetime.fromtimestamp(record.created, UTC).astimezone()
            start = f"time={when.isoformat(timespec='milliseconds')} level={level} "
        line = start + " ".join(
            f"{name}={quoted(value)}" for name, value in pairs.items() if value is not None
        )
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def quoted(value: object) -> str:
    """Return a value of logfmt: bare if it is one plain word."""
    text = str(value)
    if text and _PLAIN.issuperset(text):
        return text
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    if not inner.isprintable():  # what others named is in it: a terminal is not to obey that
        inner = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in inner
        )
    return f'"{inner}"'


class BoundedHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to stderr. When that is the log's file and long enough, its content is put aside.

    The file itself stays, for the server's parent writes to it too: it is copied and cut.
    """

    def __init__(self, path: str, largest: int = LARGEST) -> None:
        super().__init__(sys.stderr)
        self._path = path
        self._largest = largest

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        super().emit(record)
        try:
            size = self._size()
            if size > self._largest:
                self._put_aside()
        except OSError:
            return  # a full disk, say: then it is tried again with the next record

    def _size(self) -> int:
        """Return how long the file is; 0 if stderr is something else."""
        descriptor = self.stream.fileno()
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size <= self._largest:
            return 0
        return found.st_size if os.path.samestat(found, os.stat(self._path)) else 0

    def _put_aside(self) -> None:
        for number in range(KEPT, 1, -1):
            if os.path.exists(f"{self._path}.{number - 1}"):
                os.replace(f"{self._path}.{number - 1}", f"{self._path}.{number}")
        shutil.copyfile(self._path, f"{self._path}.1")
        os.truncate(self.stream.fileno(), 0)
