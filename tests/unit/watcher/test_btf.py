"""Reading BTF, of a kernel that the test makes up."""

from __future__ import annotations

import pytest

from minipod.watcher.btf import Btf
from tests.unit.watcher.blob import Blob


@pytest.fixture
def btf() -> Btf:
    """Give a kernel with every kind of thing around a few structures."""
    blob = Blob()
    word = blob.int("unsigned int", 4)
    blob.enum("size", "one", "two", "three")
    blob.array(word, 7)
    inner = blob.struct("", 8, ("left", word, 0), ("right", word, 4))
    either = blob.struct("", 8, ("whole", word, 0), ("", inner, 0), union=True)
    hidden = blob.const(blob.typedef("hidden_t", blob.struct("", 8, ("deep", word, 4))))
    blob.struct("size", 32, ("size", word, 0), ("", either, 8), ("member", hidden, 16))
    blob.bits("flags", 4, ("low", word, 0, 4), ("one", word, 4, 1), ("two", word, 13, 2))
    blob.function("bind", "socket", "address")
    blob.function("size", "of")
    return Btf(blob.data, ("size", "flags", "absent"), ("bind", "size", "missing"))


@pytest.mark.parametrize(
    ("path", "offset"),
    [(("size",), 0), (("whole",), 8), (("left",), 8), (("right",), 12), (("member", "deep"), 20)],
)
def test_a_field_is_found_however_deep(btf: Btf, path: tuple[str, ...], offset: int) -> None:
    """In unions and structures without a name, and behind const and typedef."""
    field = btf.field("size", *path)
    assert (field.offset, field.shift, field.bits) == (offset, 0, 0)


@pytest.mark.parametrize(
    ("name", "place"), [("low", (0, 0, 4)), ("one", (0, 4, 1)), ("two", (1, 5, 2))]
)
def test_a_bit_field_has_place_and_width(btf: Btf, name: str, place: tuple[int, int, int]) -> None:
    """Byte, shift and bits."""
    field = btf.field("flags", name)
    assert (field.offset, field.shift, field.bits) == place


def test_one_name_for_a_structure_a_function_and_an_enum_is_told_apart(btf: Btf) -> None:
    """All three are called "size" here."""
    assert btf.size("size") == 32
    assert btf.function("size") == btf.function("bind") + 2  # a prototype is between them


def test_what_is_not_there_is_an_error_with_its_name(btf: Btf) -> None:
    """Structures, fields and functions."""
    assert not btf.has_function("missing")
    with pytest.raises(LookupError, match="missing"):
        btf.function("missing")
    with pytest.raises(LookupError, match="absent"):
        btf.size("absent")
    with pytest.raises(LookupError, match="struct size has no field colour"):
        btf.offset("size", "colour")


def test_other_data_is_refused() -> None:
    """Also BTF of the other byte order."""
    with pytest.raises(LookupError, match="not BTF"):
        Btf(b"\xeb\x9f" + bytes(40), (), ())
