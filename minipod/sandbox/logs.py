"""Container output on its way to a log in the CRI format.

`2026-01-02T03:04:05.123456789Z stdout F text`: the tag is F for a line's end, P for a part of a
line that goes on. Source: Kubernetes' CRI logging (kubelet `cri-api`, containerd `redirectLogs`),
which splits after 16 KiB, and writes what a program leaves without a newline at its end as P.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.sandbox.loop import Loop

LONGEST_LINE = 16384

_PIECE = 65536
_LAST_PIECES = 64
"""Pieces that are read when the container is over: a pipe's full content and more, not for ever."""


class Lines:
    """Cuts one stream's bytes into the lines of a log."""

    __slots__ = ("_longest", "_pending", "_stream")

    def __init__(self, stream: str, longest: int = LONGEST_LINE) -> None:
        self._stream = stream.encode()
        self._longest = longest
        self._pending = b""

    def add(self, data: bytes, nanoseconds: int) -> bytes:
        """Return the log's lines that these bytes complete; what is left waits for its end."""
        *lines, self._pending = (self._pending + data).split(b"\n")
        full, part = self._prefixes(nanoseconds)
        out = bytearray()
        for line in lines:
            rest = line
            while len(rest) > self._longest:
                out += b"%b%b\n" % (part, rest[: self._longest])
                rest = rest[self._longest :]
            out += b"%b%b\n" % (full, rest)
        while len(self._pending) > self._longest:
            out += b"%b%b\n" % (part, self._pending[: self._longest])
            self._pending = self._pending[self._longest :]
        return bytes(out)

    def end(self, nanoseconds: int) -> bytes:
        """Return what is left, as a part of a line that goes on or never ends."""
        rest, self._pending = self._pending, b""
        return b"%b%b\n" % (self._prefixes(nanoseconds)[1], rest) if rest else b""

    def _prefixes(self, nanoseconds: int) -> tuple[bytes, bytes]:
        seconds, fraction = divmod(nanoseconds, 1_000_000_000)
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        start = b"%b.%09dZ %b " % (when.encode(), fraction, self._stream)
        return start + b"F ", start + b"P "


class Log:
    """The log of one attempt. What a full disk does not take is lost: no container waits for it."""

    __slots__ = ("_file", "_folder", "_path", "_torn", "grown")

    def __init__(self, path: str, folder: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._path, self._folder = path, folder
        self._file = os.open(path, flags, 0o640, dir_fd=folder)
        self._torn = False
        self.grown: Callable[[], None] | None = None
        """Called after each write while somebody follows, who does not wait for a line's end."""

    def reader(self) -> tuple[int, int]:
        """Return a new descriptor to read it by, and how long it is. OSError."""
        flags = os.O_RDONLY | os.O_CLOEXEC
        return os.open(self._path, flags, dir_fd=self._folder), os.fstat(self._file).st_size

    def write(self, text: bytes) -> None:
        """Append whole lines."""
        rest = b"\n" + text if self._torn else text
        try:
            while rest:
                written = os.write(self._file, rest)
                # Where it stops in the middle of a line, the next one must not go on.
                self._torn = rest[:written][-1:] != b"\n"
                rest = rest[written:]
        except OSError:
            return
        if self.grown is not None:
            self.grown()

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._file)


class Pump:
    """Carries one stream of a container from its pipe, or its terminal, to the log."""

    __slots__ = ("_lines", "_log", "_loop", "_pipe")

    def __init__(self, loop: Loop, pipe: int, log: Log, stream: str) -> None:
        """Take over the descriptor `pipe`; `log` is shared with the other stream."""
        self._loop = loop
        self._pipe = pipe
        self._log = log
        self._lines = Lines(stream)
        os.set_blocking(pipe, False)
        loop.watch(pipe, self._move)

    @property
    def descriptor(self) -> int:
        """Where it reads from; -1 when nobody writes there any more."""
        return self._pipe

    def flush(self) -> None:
        """Write what there is of a line, as a part of it."""
        self._log.write(self._lines.end(time.time_ns()))

    def _move(self) -> None:
        """Carry one piece."""
        self._carry()

    def _carry(self) -> bool:
        """Carry one piece; return whether there may be more."""
        try:
            data = os.read(self._pipe, _PIECE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""  # EIO: nobody has the terminal open any more
        now = time.time_ns()
        if data:
            text = self._lines.add(data, now)
            self._log.write(text if self._log.grown is None else text + self._lines.end(now))
            return True
        self._close(now)
        return False

    def drain(self) -> None:
        """Carry what is in the pipe and close it, though some process may still hold it."""
        for _ in range(_LAST_PIECES):
            if self._pipe < 0 or not self._carry():
                break
        if self._pipe >= 0:
            self._close(time.time_ns())

    def _close(self, now: int) -> None:
        self._log.write(self._lines.end(now))
        self._loop.forget(self._pipe)
        os.close(self._pipe)
        self._pipe = -1
