"""The store on disk: one SQLite file, written by one server.

WAL: a change is one append and no sync. What is written survives any end of the server; a power
cut may cost the last changes, never the file's consistency.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.store.base import KEPT_REVISIONS, BaseStore, Batch, Contents, Entry, Stored
from minipod.store.protocol import Change, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

APPLICATION_ID = 0x6D706F64
"""The letters "mpod" in the file's header: this is a state of minipod and of nothing else."""

SCHEMA_VERSION = 1

LOCK_WAIT = 2.0
"""Seconds to wait for a server that is just ending."""

CHECKPOINT_PAGES = 4000
"""Pages of 4 KiB that are appended before all is carried into the file itself: only there the disk
is waited for, three times, and nothing else goes on. A pod's life is some 65 pages."""

TRIM_EVERY = 256
"""Old revisions are removed once in so many: a delete of a run of rows, not one for each write."""

_SCHEMA = """
CREATE TABLE objects (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (kind, namespace, name)
) WITHOUT ROWID;
CREATE TABLE revisions (
    version INTEGER PRIMARY KEY, change TEXT NOT NULL,
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    body BLOB NOT NULL, prior INTEGER
);
CREATE TABLE records (
    bucket TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
"""


class SqliteStore(BaseStore):
    """See minipod.store.protocol.Store. HostError if the file cannot be opened or written."""

    def __init__(self, path: str) -> None:
        super().__init__(_SqliteJournal(path))


class _SqliteJournal:
    """The file. Locked for as long as it is open: a second server cannot write to it."""

    def __init__(self, path: str) -> None:
        self._path = path
        with self._errors("open", hint=_open_hint(path)):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, timeout=LOCK_WAIT, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (schema,) = self._db.execute("PRAGMA user_version").fetchone()
        (objects,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application != APPLICATION_ID and objects:
            raise HostError(
                f"cannot open the state {self._path}: it is another program's database",
                hint=_open_hint(self._path),
            )
        if schema > SCHEMA_VERSION:
            raise HostError(
                f"cannot open the state {self._path}: a newer minipod wrote it "
                f"(format {schema}, this one reads {SCHEMA_VERSION})",
                hint="use the newer minipod, or another --root",
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        # No fsync at a commit: what a record owns in the kernel ends with the machine as well.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if not objects:
            self._db.executescript(
                f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};"
                f"PRAGMA user_version = {SCHEMA_VERSION}; {_SCHEMA} COMMIT;"
            )

    def load(self) -> Contents:
        with self._errors("read", hint=_open_hint(self._path)):
            first, last = self._db.execute(
                "SELECT min(version), max(version) FROM revisions"
            ).fetchone()
            objects = self._db.execute("SELECT kind, namespace, name, version, body FROM objects")
            records = self._db.execute("SELECT bucket, key, value FROM records")
            return Contents(
                version=last or 0,
                oldest=max(first or 1, (last or 0) - KEPT_REVISIONS + 1),
                objects={Key(*row[:3]): Stored(row[3], row[4]) for row in objects},
                records={(row[0], row[1]): row[2] for row in records},
            )

    def write(self, batch: Batch) -> None:
        with self._errors("write"):
            self._write(batch)

    def _write(self, batch: Batch) -> None:
        execute = self._db.execute
        execute("BEGIN IMMEDIATE")
        try:
            for entry in batch.entries:
                self._write_entry(entry)
            for place, value in batch.records.items():
                if value is None:
                    execute("DELETE FROM records WHERE bucket = ? AND key = ?", place)
                else:
                    execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (*place, value))
            execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                execute("ROLLBACK")
            raise

    def _write_entry(self, entry: Entry) -> None:
        version, change, key, body, before = entry
        if change is Change.DELETED:
            self._db.execute(
                "DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?", key
            )
        else:
            self._db.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)", (*key, version, body)
            )
        prior = before.version if before else None
        self._db.execute(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?)",
            (version, change.value, *key, body, prior),
        )
        if version % TRIM_EVERY == 0:
            oldest = version - KEPT_REVISIONS
            self._db.execute("DELETE FROM revisions WHERE version <= ?", (oldest,))

    def after(self, version: int, limit: int) -> list[Entry]:
        query = (
            "SELECT r.version, r.change, r.kind, r.namespace, r.name, r.body, p.version, p.body"
            " FROM revisions r LEFT JOIN revisions p ON p.version = r.prior"
            " WHERE r.version > ? ORDER BY r.version LIMIT ?"
        )
        with self._errors("read"):
            rows = self._db.execute(query, (version, limit)).fetchall()
        return [
            Entry(
                row[0],
                Change(row[1]),
                Key(*row[2:5]),
                row[5],
                None if row[6] is None else Stored(row[6], row[7]),
            )
            for row in rows
        ]

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _errors(self, verb: str, hint: str | None = None) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                hint = f"make room: `df {os.path.dirname(self._path)}`; the pods run on meanwhile"
            raise HostError(f"cannot {verb} the state {self._path}: {error}", hint=hint) from error
        except OSError as error:
            cause = error.strerror
            raise HostError(f"cannot {verb} the state {self._path}: {cause}", hint=hint) from error


def _open_hint(path: str) -> str:
    return f"if no other server uses it, move {path} away and begin anew, or use another --root"
