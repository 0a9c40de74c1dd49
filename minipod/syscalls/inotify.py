"""Changes in files and folders (inotify(7)), as a descriptor for any loop."""

from __future__ import annotations

import os
import struct
from ctypes import c_char_p, c_int, c_uint32

from minipod.syscalls._libc import check, encoded, function

TYPE_CHECKING = False
if TYPE_CHECKING:
    Event = tuple[int, int, bytes]
    """A watch's number, the mask of what happened, and the name in the folder, if any."""

MODIFY = 0x2
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
MOVE_SELF = 0x800
IGNORED = 0x8000

_BUFFER = 65536
_HEADER = struct.Struct("iIII")

_init = function("inotify_init1", c_int)
_add = function("inotify_add_watch", c_int, c_char_p, c_uint32)
_remove = function("inotify_rm_watch", c_int, c_int)


class Inotify:
    """A set of watches. Readable (`fileno`) when something happened; never blocks."""

    __slots__ = ("_descriptor",)

    def __init__(self) -> None:
        self._descriptor = check(_init(os.O_NONBLOCK | os.O_CLOEXEC), "inotify_init1")

    def fileno(self) -> int:
        """Return the descriptor, for a loop."""
        return self._descriptor

    def add(self, path: str, mask: int) -> int:
        """Watch a path for the events of a mask; return the watch's number."""
        return check(_add(self._descriptor, encoded(path), mask), path)

    def remove(self, watch: int) -> None:
        """End a watch. OSError (EINVAL) if it ended by itself, for its file is gone."""
        check(_remove(self._descriptor, watch), f"watch {watch}")

    def read(self) -> list[Event]:
        """Return what happened since the last call; empty if nothing did."""
        try:
            data = os.read(self._descriptor, _BUFFER)
        except BlockingIOError:
            return []
        events = []
        offset = 0
        while offset < len(data):
            watch, mask, _, length = _HEADER.unpack_from(data, offset)
            offset += _HEADER.size
            events.append((watch, mask, data[offset : offset + length].rstrip(b"\0")))
            offset += length
        return events

    def close(self) -> None:
        """End every watch."""
        os.close(self._descriptor)
