"""The CRI log format, read: `2026-01-02T03:04:05.123456789Z stdout F text`, one entry a line.

An entry of tag P is a part of a line, one of tag F ends it (kubernetes/design-proposals-archive,
node/kubelet-cri-logging.md). Times are of one length, so that their texts compare as they do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[[int, int], bytes]
    """Returns so many bytes of a file from an offset."""

BLOCK = 1 << 16


class Entry(NamedTuple):
    """One line of the file. `ends` says whether the container's own line ends with it."""

    time: bytes
    stream: bytes
    ends: bool
    text: bytes


def stamp(seconds: float) -> bytes:
    """Return a time (seconds since the epoch) as entries write it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}000Z".encode()


def parse(line: bytes) -> Entry | None:
    """Return an entry from its line; None for a line that is none (a write that was cut off)."""
    parts = line.rstrip(b"\n").split(b" ", 3)
    if len(parts) != 4:
        return None
    time, stream, tags, text = parts
    return Entry(time, stream, ends=not tags.startswith(b"P"), text=text)


class Renderer:
    """Turns the file's bytes, as they come, into what the container wrote."""

    def __init__(
        self, *, timestamps: bool = False, since: bytes = b"", limit: int | None = None
    ) -> None:
        self._timestamps = timestamps
        self._since = since
        self._left = limit
        self._begun = False
        self._rest = b""

    @property
    def done(self) -> bool:
        """Whether the limit is reached."""
        return self._left == 0

    def feed(self, data: bytes) -> bytes:
        """Return what these bytes add; a line that is not whole yet waits for the next ones."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        written = b"".join(self._written(lines))
        if self._left is None:
            return written
        written = written[: self._left]
        self._left -= len(written)
        return written

    def _written(self, lines: list[bytes]) -> Iterator[bytes]:
        for line in lines:
            entry = parse(line)
            if entry is None or entry.time < self._since:
                continue
            if self._timestamps and not self._begun:
                yield entry.time + b" "
            yield entry.text
            if entry.ends:
                yield b"\n"
            self._begun = not entry.ends


def tail_start(read: Read, size: int, lines: int) -> int:
    """Return where the last `lines` lines of a file of `size` bytes begin; reads from its end."""
    ends, newest = 0, True
    for end, line in _backward(read, size):
        entry = parse(line)
        if entry is not None and (entry.ends or newest):
            ends += 1
            if ends > lines:
                return end
        newest = newest and entry is None
    return 0


def since_start(read: Read, size: int, since: bytes) -> int:
    """Return an offset before which every entry is older than `since`; a few reads, by halves.

    What follows may still hold older entries, for times of two streams can be out of order.
    """
    low, high = 0, size
    while high - low > BLOCK:
        middle = (low + high) // 2
        time = _time_after(read, middle)
        if time is not None and time < since:
            low = middle
        else:
            high = middle
    return _line_start(read, low)


def _time_after(read: Read, offset: int) -> bytes | None:
    """Return the time of the first whole entry after an offset."""
    for line in read(offset, BLOCK).split(b"\n")[1:-1]:
        entry = parse(line)
        if entry is not None:
            return entry.time
    return None


def _line_start(read: Read, offset: int) -> int:
    """Return where the first line after an offset begins; 0 is a beginning itself."""
    if offset == 0:
        return 0
    found = read(offset, BLOCK).find(b"\n")
    return offset if found < 0 else offset + found + 1


def _backward(read: Read, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines from the last to the first, each with the offset of its end."""
    position, kept = size, b""
    while position > 0:
        step = min(BLOCK, position)
        position -= step
        data = read(position, step) + kept
        end = data.rfind(b"\n") + 1
        while end > 0:
            start = data.rfind(b"\n", 0, end - 1) + 1
            if start == 0 and position > 0:
                break
            yield position + end, data[start:end]
            end = start
        kept = data[:end]
