"""BTF: what the kernel says of its own structures and functions.

Source: the kernel's Documentation/bpf/btf.rst. The whole list has more than 100,000 types, of which
a dozen matter; so it is walked once, with as little done at each as can be.
"""

from __future__ import annotations

import mmap
import os
import struct
from array import array

VMLINUX = "/sys/kernel/btf/vmlinux"

_MAGIC = 0xEB9F
_HEADER = struct.Struct("HBBIIIII")
_STRUCT, _UNION, _TYPEDEF, _VOLATILE, _CONST, _RESTRICT, _FUNCTION = 4, 5, 8, 9, 10, 11, 12
_TRANSPARENT = (_TYPEDEF, _VOLATILE, _CONST, _RESTRICT, 18)
_FIXED_WORDS = {1: 1, 3: 3, 14: 1, 17: 1}
"""Words behind the three that every type begins with, by kind (INT, ARRAY, VAR, DECL_TAG)."""
_WORDS_EACH = {4: 3, 5: 3, 6: 2, 13: 2, 15: 3, 19: 3}
"""The same for each member (STRUCT, UNION, ENUM, FUNC_PROTO, DATASEC, ENUM64)."""
_COUNT = 0xFFFF
_OWN_BITS = 1 << 31
"""Set in a structure that has bit fields: a member's offset then holds its size too."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Field:
    """Where a field is in its structure: `offset` bytes; a bit field is `bits` wide at `shift`.

    `bits` is 0 for all others.
    """

    __slots__ = ("bits", "offset", "shift")

    def __init__(self, bit_offset: int, bits: int) -> None:
        self.offset = bit_offset // 8
        self.shift = bit_offset % 8
        self.bits = bits


class Btf:
    """The structures and functions of some names. LookupError for what the kernel has not."""

    def __init__(
        self, data: bytes | mmap.mmap, structures: Iterable[str], functions: Iterable[str]
    ) -> None:
        magic, _, _, length, types, types_size, strings, _ = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise LookupError("not BTF of this machine's byte order")
        self._data = data
        self._words = memoryview(data)[length + types :][:types_size].cast("I")
        self._strings = length + strings
        self._places = array("I", [0])
        self._named: dict[tuple[int, str], list[int]] = {}
        self._walk(structures, functions)

    def function(self, name: str) -> int:
        """Return the type id of a function."""
        return self._ids(_FUNCTION, name)[0]

    def has_function(self, name: str) -> bool:
        """Return whether the kernel has a function."""
        return (_FUNCTION, name) in self._named

    def size(self, name: str) -> int:
        """Return the bytes of a structure."""
        return self._words[self._places[self._ids(_STRUCT, name)[0]] + 2]

    def field(self, name: str, *path: str) -> Field:
        """Return where a field of a structure is; a longer path leads into members."""
        for type_id in self._ids(_STRUCT, name):
            found = self._descend(type_id, path, 0)
            if found is not None:
                return found
        raise LookupError(f"struct {name} has no field {'.'.join(path)}")

    def offset(self, name: str, *path: str) -> int:
        """Return how many bytes into a structure a field is."""
        return self.field(name, *path).offset

    def _ids(self, kind: int, name: str) -> list[int]:
        try:
            return self._named[kind, name]
        except KeyError:
            raise LookupError(f"the kernel does not tell of {name}") from None

    def _walk(self, structures: Iterable[str], functions: Iterable[str]) -> None:
        wanted: dict[int, list[tuple[int, str]]] = {}
        for kind, names in ((_STRUCT, structures), (_FUNCTION, functions)):
            for name in names:
                place = self._data.find(b"\0%s\0" % name.encode(), self._strings)
                if place >= 0:
                    wanted.setdefault(place + 1 - self._strings, []).append((kind, name))
        words, places, steps = self._words, self._places, _Steps()
        place, end = 0, len(words)
        while place < end:
            if words[place] in wanted:
                self._note(place, wanted[words[place]])
            places.append(place)
            place += steps[words[place + 1]]

    def _note(self, place: int, wanted: list[tuple[int, str]]) -> None:
        for key in wanted:
            if _kind(self._words[place + 1]) == key[0]:
                self._named.setdefault(key, []).append(len(self._places))

    def _descend(self, type_id: int, path: tuple[str, ...], base: int) -> Field | None:
        """Look for a field in a structure and in its members without a name."""
        for name, member, bit_offset, bits in self._members(type_id):
            if name == path[0]:
                if len(path) == 1:
                    return Field(base + bit_offset, bits)
                return self._descend(member, path[1:], base + bit_offset)
            if not name:
                found = self._descend(member, path, base + bit_offset)
                if found is not None:
                    return found
        return None

    def _members(self, type_id: int) -> Iterator[tuple[str, int, int, int]]:
        """Yield name, type, offset in bits and width (of bit fields) of a structure's members."""
        place = self._places[type_id]
        while _kind(self._words[place + 1]) in _TRANSPARENT:
            place = self._places[self._words[place + 2]]
        info = self._words[place + 1]
        if _kind(info) not in (_STRUCT, _UNION):
            return
        for at in range(place + 3, place + 3 + 3 * (info & _COUNT), 3):
            name, member, offset = self._words[at : at + 3]
            if info & _OWN_BITS:
                yield self._string(name), member, offset & 0xFFFFFF, offset >> 24
            else:
                yield self._string(name), member, offset, 0

    def _string(self, offset: int) -> str:
        start = self._strings + offset
        return self._data[start : self._data.find(b"\0", start)].decode()


class _Steps(dict[int, int]):
    """How many words a type takes, by its second word; there are only some hundreds of these."""

    def __missing__(self, info: int) -> int:
        kind = _kind(info)
        words = 3 + _FIXED_WORDS.get(kind, 0) + _WORDS_EACH.get(kind, 0) * (info & _COUNT)
        self[info] = words
        return words


def _kind(info: int) -> int:
    return info >> 24 & 0x1F


def read_vmlinux() -> mmap.mmap:
    """Return the BTF of the running kernel. OSError if it has none.

    In memory of its own, which goes back whole: of the heap's, much would stay.
    """
    with open(VMLINUX, "rb", buffering=0) as file:
        data = mmap.mmap(-1, os.fstat(file.fileno()).st_size)
        room = memoryview(data)
        while count := file.readinto(room):
            room = room[count:]
    return data
