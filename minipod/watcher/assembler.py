"""BPF instructions, with labels: as much of the machine as the watcher's programs need.

Registers are numbers: 0 is a call's result, 1 to 5 its arguments (lost by it), 6 to 9 stay, 10 is
the top of the stack. Source: the kernel's Documentation/bpf/standardization/instruction-set.rst.
"""

from __future__ import annotations

import struct

STACK = 10
_SIZES = {1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}
_INSTRUCTION = struct.Struct("BBhi")
_MAP_DESCRIPTOR = 1


class Assembler:
    """Instructions one after another; jumps lead forward to labels."""

    def __init__(self) -> None:
        self._instructions: list[list[int]] = []
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []

    def copy(self, to: int, source: int) -> None:
        """Copy a register."""
        self._add(0xBF, to, source)

    def put(self, to: int, value: int) -> None:
        """Put a value of 32 bits, sign-extended, into a register."""
        self._add(0xB7, to, value=value)

    def put_wide(self, to: int, value: int) -> None:
        """Put a value of 64 bits, unsigned, into a register."""
        self._add(0x18, to, value=_signed(value & 0xFFFFFFFF))
        self._add(0, value=_signed(value >> 32))

    def add(self, to: int, value: int) -> None:
        """Add a value to a register."""
        self._add(0x07, to, value=value)

    def add_register(self, to: int, source: int) -> None:
        """Add one register to another."""
        self._add(0x0F, to, source)

    def subtract_register(self, to: int, source: int) -> None:
        """Subtract one register from another."""
        self._add(0x1F, to, source)

    def shift_left(self, to: int, bits: int) -> None:
        """Shift a register to the left."""
        self._add(0x67, to, value=bits)

    def sign_extend(self, to: int) -> None:
        """Make of the lower 32 bits of a register the signed value that a C int has."""
        self._add(0x67, to, value=32)
        self._add(0xC7, to, value=32)

    def load(self, to: int, base: int, offset: int, size: int = 8) -> None:
        """Load from memory into a register."""
        self._add(0x61 | _SIZES[size], to, base, offset)

    def store(self, base: int, offset: int, source: int, size: int = 8) -> None:
        """Store a register into memory."""
        self._add(0x63 | _SIZES[size], base, source, offset)

    def store_value(self, base: int, offset: int, value: int, size: int = 8) -> None:
        """Store a value into memory."""
        self._add(0x62 | _SIZES[size], base, 0, offset, value)

    def increment(self, base: int, offset: int) -> None:
        """Add 1 to 64 bits of memory, at once for all processors. Register 1 is lost."""
        self.put(1, 1)
        self._add(0xDB, base, 1, offset)

    def address(self, to: int, base: int, offset: int) -> None:
        """Put the sum of a register and an offset into another."""
        self.copy(to, base)
        self.add(to, offset)

    def map(self, to: int, descriptor: int) -> None:
        """Put a map into a register."""
        self._add(0x18, to, _MAP_DESCRIPTOR, value=descriptor)
        self._add(0)

    def call(self, helper: int) -> None:
        """Call one of the kernel's helper functions."""
        self._add(0x85, value=helper)

    def jump(self, label: str) -> None:
        """Go on at a label."""
        self._jump(0x05, 0, 0, label)

    def jump_if_equal(self, register: int, value: int, label: str) -> None:
        """Go on at a label if a register has a value."""
        self._jump(0x15, register, value, label)

    def jump_unless_equal(self, register: int, value: int, label: str) -> None:
        """Go on at a label if a register has another value."""
        self._jump(0x55, register, value, label)

    def jump_if_same(self, register: int, other: int, label: str) -> None:
        """Go on at a label if two registers are equal."""
        self._jumps.append((len(self._instructions), label))
        self._add(0x1D, register, other)

    def jump_unless_same(self, register: int, other: int, label: str) -> None:
        """Go on at a label if two registers differ."""
        self._jumps.append((len(self._instructions), label))
        self._add(0x5D, register, other)

    def jump_if_at_most(self, register: int, value: int, label: str) -> None:
        """Go on at a label if a register, unsigned, is not above a value."""
        self._jump(0xB5, register, value, label)

    def label(self, name: str) -> None:
        """Name this place."""
        self._labels[name] = len(self._instructions)

    def exit(self) -> None:
        """End the program with the result 0."""
        self.put(0, 0)
        self._add(0x95)

    def code(self) -> bytes:
        """Return the program. KeyError if it jumps to a label that is nowhere."""
        for place, label in self._jumps:
            self._instructions[place][2] = self._labels[label] - place - 1
        return b"".join(_INSTRUCTION.pack(*each) for each in self._instructions)

    def _jump(self, operation: int, register: int, value: int, label: str) -> None:
        self._jumps.append((len(self._instructions), label))
        self._add(operation, register, value=value)

    def _add(
        self, operation: int, to: int = 0, source: int = 0, offset: int = 0, value: int = 0
    ) -> None:
        self._instructions.append([operation, to | source << 4, offset, value])


def _signed(word: int) -> int:
    return word - (word >> 31 << 32)
