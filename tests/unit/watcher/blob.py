"""BTF that a test makes: types in the order of the calls, their ids from 1 on."""

from __future__ import annotations

import struct

INT, POINTER, ARRAY, STRUCT, UNION, ENUM, FORWARD, TYPEDEF = range(1, 9)
VOLATILE, CONST, RESTRICT, FUNCTION, PROTOTYPE, VARIABLE, SECTION = range(9, 16)


class Blob:
    """Collects types; `data` is the whole."""

    def __init__(self) -> None:
        self._types = b""
        self._strings = b"\0"
        self._count = 0

    def int(self, name: str, size: int) -> int:
        return self._add(name, INT, 0, size, struct.pack("I", size * 8))

    def pointer(self, to: int) -> int:
        return self._add("", POINTER, 0, to)

    def array(self, of: int, count: int) -> int:
        return self._add("", ARRAY, 0, 0, struct.pack("3I", of, of, count))

    def typedef(self, name: str, of: int) -> int:
        return self._add(name, TYPEDEF, 0, of)

    def const(self, of: int) -> int:
        return self._add("", CONST, 0, of)

    def enum(self, name: str, *values: str) -> int:
        more = b"".join(struct.pack("2I", self._name(v), n) for n, v in enumerate(values))
        return self._add(name, ENUM, len(values), 4, more)

    def function(self, name: str, *parameters: str) -> int:
        """A prototype and a function of it."""
        more = b"".join(struct.pack("2I", self._name(p), 1) for p in parameters)
        prototype = self._add("", PROTOTYPE, len(parameters), 0, more)
        return self._add(name, FUNCTION, 1, prototype)

    def struct(
        self, name: str, size: int, *members: tuple[str, int, float], union: bool = False
    ) -> int:
        """Members are (name, type, byte offset)."""
        more = b"".join(
            struct.pack("3I", self._name(n), type_id, int(at * 8)) for n, type_id, at in members
        )
        return self._add(name, UNION if union else STRUCT, len(members), size, more)

    def bits(self, name: str, size: int, *members: tuple[str, int, int, int]) -> int:
        """A structure with bit fields: members are (name, type, bit offset, width)."""
        more = b"".join(
            struct.pack("3I", self._name(n), type_id, width << 24 | at)
            for n, type_id, at, width in members
        )
        return self._add(name, STRUCT | 0x80, len(members), size, more)

    @property
    def data(self) -> bytes:
        sizes = (0, len(self._types), len(self._types), len(self._strings))
        return struct.pack("HBBI4I", 0xEB9F, 1, 0, 24, *sizes) + self._types + self._strings

    def _add(self, name: str, kind: int, count: int, size: int, more: bytes = b"") -> int:
        self._types += struct.pack("3I", self._name(name), kind << 24 | count, size) + more
        self._count += 1
        return self._count

    def _name(self, text: str) -> int:
        if not text:
            return 0
        place = self._strings.find(b"\0%s\0" % text.encode())
        if place >= 0:
            return place + 1
        self._strings += text.encode() + b"\0"
        return len(self._strings) - len(text) - 1
