"""The C library, and how its errors become OSError."""

from __future__ import annotations

import ctypes
import os
from errno import EOPNOTSUPP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Path = str | bytes | int
    """A path, or a descriptor where the wrapper says so."""

_ENOTSUPP = 524
"""The kernel's own word for it, which bpf(2) lets out; the C library has no text for it."""

library = ctypes.CDLL(None, use_errno=True)

library.syscall.restype = ctypes.c_long


def check(result: int, *where: str | bytes | int) -> int:
    """Return a call's result; OSError with `where` (a path, or what was tried) if it failed."""
    if result < 0:
        number = ctypes.get_errno()
        known = EOPNOTSUPP if number == _ENOTSUPP else number
        raise OSError(number, os.strerror(known), *where)
    return result


def function(name: str, *argtypes: Any) -> Callable[..., int]:
    """Return a function of the C library with its argument types declared."""
    declared: Callable[..., int] = library[name]
    declared.argtypes = argtypes  # type: ignore[attr-defined]
    declared.restype = ctypes.c_int  # type: ignore[attr-defined]
    return declared


def system_call(number: int, *argtypes: Any) -> Callable[..., int]:
    """Return a system call that the C library may not wrap, by its number."""
    raw = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, *argtypes, use_errno=True)(
        ("syscall", library)
    )

    def call(*arguments: Any) -> int:
        result: int = raw(number, *arguments)
        return result

    return call


def encoded(path: str | bytes | None) -> bytes | None:
    """Return a path as the kernel takes it; None stays None."""
    return os.fsencode(path) if path is not None else None
