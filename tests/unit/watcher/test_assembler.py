"""BPF instructions, byte by byte as the kernel's table has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from minipod.watcher.assembler import STACK, Assembler

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (lambda a: a.copy(6, 1), "bf16000000000000"),
        (lambda a: a.put(2, -98), "b70200009effffff"),
        (lambda a: a.put_wide(1, 0xFEDCBA9812345678), "18010000785634120000000098badcfe"),
        (lambda a: a.add(2, -8), "07020000f8ffffff"),
        (lambda a: a.add_register(6, 1), "0f16000000000000"),
        (lambda a: a.subtract_register(7, 1), "1f17000000000000"),
        (lambda a: a.shift_left(1, 3), "6701000003000000"),
        (lambda a: a.sign_extend(7), "6707000020000000c707000020000000"),
        (lambda a: a.load(7, 6, 16), "7967100000000000"),
        (lambda a: a.load(1, STACK, -24, 4), "61a1e8ff00000000"),
        (lambda a: a.load(1, 8, 80, 2), "6981500000000000"),
        (lambda a: a.store(STACK, -8, 0), "7b0af8ff00000000"),
        (lambda a: a.store(8, 36, 7, 4), "6378240000000000"),
        (lambda a: a.store_value(8, 40, 1, 4), "6208280001000000"),
        (lambda a: a.increment(0, 0), "b701000001000000db10000000000000"),
        (lambda a: a.address(2, STACK, -8), "bfa200000000000007020000f8ffffff"),
        (lambda a: a.map(1, 5), "18110000050000000000000000000000"),
        (lambda a: a.call(131), "8500000083000000"),
        (lambda a: a.exit(), "b7000000000000009500000000000000"),
    ],
)
def test_an_instruction_is_what_the_kernel_reads(
    write: Callable[[Assembler], None], code: str
) -> None:
    """Operation, registers, offset, value: little-endian."""
    assembler = Assembler()
    write(assembler)
    assert assembler.code().hex() == code


@pytest.mark.parametrize(
    ("jump", "code"),
    [
        (lambda a: a.jump("there"), "0500010000000000"),
        (lambda a: a.jump_if_equal(0, 0, "there"), "1500010000000000"),
        (lambda a: a.jump_unless_equal(7, -98, "there"), "550701009effffff"),
        (lambda a: a.jump_if_same(0, 1, "there"), "1d10010000000000"),
        (lambda a: a.jump_unless_same(1, 2, "there"), "5d21010000000000"),
        (lambda a: a.jump_if_at_most(7, 256, "there"), "b507010000010000"),
    ],
)
def test_a_jump_skips_what_stands_before_its_label(
    jump: Callable[[Assembler], None], code: str
) -> None:
    """The distance counts from the next instruction."""
    assembler = Assembler()
    jump(assembler)
    assembler.put(0, 7)
    assembler.label("there")
    assembler.put(0, 8)
    assert assembler.code()[:8].hex() == code


def test_a_jump_to_nowhere_is_noticed() -> None:
    """A program that the kernel would refuse is never made."""
    assembler = Assembler()
    assembler.jump("nowhere")
    with pytest.raises(KeyError, match="nowhere"):
        assembler.code()
