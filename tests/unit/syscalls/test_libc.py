"""How the errors of the C library become OSError."""

from __future__ import annotations

import ctypes
import errno

import pytest

from minipod.syscalls._libc import check


@pytest.mark.parametrize(
    ("number", "text"),
    [(errno.ENOENT, "No such file or directory"), (524, "Operation not supported")],
)
def test_an_error_has_its_number_a_text_and_what_was_tried(number: int, text: str) -> None:
    """524 is the kernel's own ENOTSUPP: bpf(2) returns it, and strerror(3) does not know it."""
    ctypes.set_errno(number)
    with pytest.raises(OSError, match=text) as caught:
        check(-1, "hook inet_bind")
    assert (caught.value.errno, caught.value.filename) == (number, "hook inet_bind")
