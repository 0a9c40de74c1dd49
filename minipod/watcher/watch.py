"""Watching: from the source to the history, and to the server while there is one."""

from __future__ import annotations

import os
import signal
import time
from errno import EINVAL

from minipod.sandbox.loop import Loop
from minipod.watcher.history import History
from minipod.watcher.protocol import RETELL, VERSION
from minipod.watcher.server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from minipod.watcher.mechanisms import Choice
    from minipod.watcher.records import Seen

_ALONE, _LOOK, _RETELL = "alone", "look", "retell"


class Watch:
    """Runs until it is told to end, or has had no server for `patience` seconds.

    `root` is a descriptor of the root's folder.
    """

    def __init__(self, root: int, choice: Choice, patience: float) -> None:
        self._choice = choice
        self._source = choice.source
        self._patience = patience
        self._life = os.urandom(8).hex()
        self._history = History()
        self._grown: dict[int, Seen] = {}
        self._lost = 0
        self._paused = False
        self._over = False
        self._loop = Loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.when_signalled(number, self._end)
        self._server = Server(self._loop, root, self)
        if self._source is not None:
            self._loop.watch(self._source.fileno(), self._read)
        self.left()

    def run(self) -> None:
        """Watch until the end."""
        self._take_all(self._choice.seen)
        while not self._over:
            self._loop.turn()

    def close(self) -> None:
        """Hang up: whoever hears it knows that all else is gone."""
        self._server.close()

    def greet(self, after: dict[str, Any] | None) -> tuple[dict[str, Any], Iterable[Seen]]:
        """Return who this is, and what a server does not know that knows all until `after`."""
        known = after["seq"] if after is not None and after["life"] == self._life else 0
        self._loop.cancel(_ALONE)
        greeting = {
            "version": VERSION,
            "pid": self._choice.pid,
            "life": self._life,
            "mechanism": self._choice.mechanism,
            "reasons": self._choice.reasons,
            "kernel_fields": self._source is not None and self._source.kernel_fields,
            "lost": self._lost,
        }
        return greeting, self._history.unknown(known)

    def do(self, operation: str) -> None:
        """Do what the server asks for. OSError."""
        if operation == "quit":
            self._end()
        elif operation == "pause":
            self._pause()
        elif operation == "resume":
            self._resume()
        else:
            raise OSError(EINVAL, f"no such operation: {operation}")

    def told(self, seen: Seen) -> None:
        """Note that the server knows of a record."""
        self._history.told(seen)

    def left(self) -> None:
        """See on without a server, for a while."""
        self._resume()
        self._loop.at(time.monotonic() + self._patience, _ALONE, self._end)

    def _end(self) -> None:
        self._over = True

    def _pause(self) -> None:
        if self._source is not None and not self._paused:
            self._source.pause()
            self._paused = True

    def _resume(self) -> None:
        if self._source is not None and self._paused:
            self._source.resume()
            self._paused = False

    def _read(self) -> None:
        """Read what there is a sign of."""
        self._look()
        self._look_later()

    def _look_again(self) -> None:
        """Read what came without a sign, if any."""
        if self._look():
            self._look_later()

    def _look_later(self) -> None:
        assert self._source is not None
        if self._source.look_again is not None:
            after = time.monotonic() + self._source.look_again
            self._loop.at(after, _LOOK, self._look_again)

    def _look(self) -> bool:
        """Take in what was seen, and return whether there was something."""
        assert self._source is not None
        calls = self._source.read()
        self._take_all(calls)
        lost = self._source.lost() + self._history.lost
        if lost != self._lost:
            self._lost = lost
            self._server.tell({"lost": lost})
        self._server.flush()
        return bool(calls)

    def _take_all(self, calls: list[Seen]) -> None:
        for seen in calls:
            record, new = self._history.take(seen)
            if new:
                self._server.tell(record)
            else:
                self._retell_later(record)

    def _retell_later(self, seen: Seen) -> None:
        """Tell of a growing count now and then: a program may bind in a loop."""
        if not self._grown:
            self._loop.at(time.monotonic() + RETELL, _RETELL, self._retell)
        self._grown[seen.seq] = seen

    def _retell(self) -> None:
        for seen in self._grown.values():
            if self._history.is_untold(seen):  # it may have been told with the first
                self._server.tell(seen)
        self._grown.clear()
        self._server.flush()
