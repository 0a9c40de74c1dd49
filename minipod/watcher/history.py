"""What was seen: bounded in memory, the same failure in a row told as one."""

from __future__ import annotations

from collections import OrderedDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from minipod.watcher.records import Seen

_FAILURES = 4096
_SUCCESSES = 8192


class History:
    """The newest failures, and the newest success of each socket."""

    def __init__(self) -> None:
        self._seq = 0
        self._failures: OrderedDict[int, Seen] = OrderedDict()
        self._successes: OrderedDict[Hashable, Seen] = OrderedDict()
        self._last: dict[int, Seen] = {}
        self._untold: set[int] = set()
        self.lost = 0
        """How many failures were forgotten before a server knew of them."""

    def take(self, seen: Seen) -> tuple[Seen, bool]:
        """Take in a call; return the record that is to be told, and whether it is a new one."""
        if seen.failed:
            return self._take_failure(seen)
        self._last.pop(seen.pid, None)
        self._number(seen)
        key = _socket(seen)
        self._successes.pop(key, None)
        self._successes[key] = seen
        if len(self._successes) > _SUCCESSES:
            self._successes.popitem(last=False)
        return seen, True

    def told(self, seen: Seen) -> None:
        """Note that a server knows of a record as it is now."""
        self._untold.discard(seen.seq)

    def is_untold(self, seen: Seen) -> bool:
        """Return whether no server knows of a failure as it is now."""
        return seen.seq in self._untold

    def unknown(self, seq: int) -> Iterator[Seen]:
        """Yield what a server does not know whose last failure was `seq`: 0 if it knows none."""
        yield from self._successes.values()
        for number, seen in self._failures.items():
            if number > seq or number in self._untold:
                yield seen

    def _take_failure(self, seen: Seen) -> tuple[Seen, bool]:
        last = self._last.get(seen.pid)
        if last is not None and _same(last, seen):
            last.count += 1
            last.time = seen.time
            self._untold.add(last.seq)
            return last, False
        self._number(seen)
        self._last[seen.pid] = seen
        self._failures[seen.seq] = seen
        self._untold.add(seen.seq)
        if len(self._failures) > _FAILURES:
            self._forget(self._failures.popitem(last=False)[1])
        return seen, True

    def _number(self, seen: Seen) -> None:
        self._seq += 1
        seen.seq = self._seq

    def _forget(self, seen: Seen) -> None:
        if seen.seq in self._untold:
            self._untold.remove(seen.seq)
            self.lost += 1
        if self._last.get(seen.pid) is seen:
            del self._last[seen.pid]


def _socket(seen: Seen) -> Hashable:
    """Return what tells the socket of a success from others."""
    if seen.inode is not None:
        return seen.inode
    return seen.cgroup, seen.protocol, seen.family, seen.address, seen.port


def _same(one: Seen, other: Seen) -> bool:
    """Return whether two calls of a process are the same: each may come with a new socket.

    Name and command tell a process from a later one that got its number.
    """
    return all(
        getattr(one, field) == getattr(other, field)
        for field in ("call", "protocol", "family", "address", "port", "name", "command", "cgroup")
    )
