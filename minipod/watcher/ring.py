"""The reader's end of a BPF ring buffer: the kernel writes, this process reads, nobody waits.

Source: the kernel's Documentation/bpf/ringbuf.rst. The first page is the reader's position, the
second the writer's, then the data, twice: a record that goes around the end is in one piece.
"""

from __future__ import annotations

import mmap
import struct
from _thread import allocate_lock

_POSITION = struct.Struct("Q")
_LENGTH = struct.Struct("I")
_HEADER = 8
_BUSY, _DISCARDED = 1 << 31, 1 << 30


class Ring:
    """Reads the ring buffer of a descriptor, which is `size` bytes large."""

    def __init__(self, descriptor: int, size: int) -> None:
        page = mmap.PAGESIZE
        self._size = size
        self._data_at = page
        self._reader = mmap.mmap(descriptor, page)
        self._writer = mmap.mmap(descriptor, page + 2 * size, prot=mmap.PROT_READ, offset=page)
        self._barrier = allocate_lock()

    def read(self) -> list[bytes]:
        """Return the records that are complete, and make room for others."""
        (end,) = _POSITION.unpack_from(self._writer)
        (position,) = _POSITION.unpack_from(self._reader)
        records = []
        while position < end:
            # A processor that reads ahead must not have read the record before its length: a lock
            # orders that, and Python has no cheaper barrier.
            with self._barrier:
                start = self._data_at + position % self._size
                (length,) = _LENGTH.unpack_from(self._writer, start)
            if length & _BUSY:
                break
            size = length & ~_DISCARDED
            if not length & _DISCARDED:
                records.append(self._writer[start + _HEADER : start + _HEADER + size])
            position += _HEADER + (size + 7) // 8 * 8
            _POSITION.pack_into(self._reader, 0, position)
        return records

    def close(self) -> None:
        """Give the memory back."""
        self._reader.close()
        self._writer.close()
