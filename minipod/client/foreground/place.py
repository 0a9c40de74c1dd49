"""Where one log was read to, so that reading goes on there when the server was away."""

from __future__ import annotations


class Place:
    """Passes each line of a log once, though it is read again from an earlier line.

    Lines come with their times, as `timestamps=true` gives them; one write may give several lines
    one time.
    """

    def __init__(self, *, timestamps: bool) -> None:
        self._timestamps = timestamps
        self._last = b""
        self._count = 0
        self._skip = 0

    def again(self) -> str | None:
        """Return from which second to read again, as RFC 3339 has it; None: from the beginning."""
        self._skip = self._count
        return f"{self._last[:19].decode()}Z" if self._last else None

    def take(self, line: bytes) -> bytes | None:
        """Return a line as it is to be shown; None if it has been."""
        time, _, text = line.partition(b" ")
        if self._skip:
            if time < self._last:
                return None
            if time == self._last:
                self._skip -= 1
                return None
            self._skip = 0
        self._count = self._count + 1 if time == self._last else 1
        self._last = time
        return line if self._timestamps else text
