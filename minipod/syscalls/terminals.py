"""Terminals: opening a pair, size, and taking one as a session's own (tty_ioctl(4))."""

from __future__ import annotations

import fcntl
import os
import struct

# The numbers are those of all machines that Linux calls "generic" (x86, arm, riscv, s390).
_TIOCSCTTY = 0x540E
_TIOCSWINSZ = 0x5414
_TIOCSPTLCK = 0x40045431
_TIOCGPTPEER = 0x5441


def open_pair(ptmx: str) -> tuple[int, int]:
    """Return a new terminal's (master, terminal), made in the devpts that `ptmx` belongs to."""
    master = os.open(ptmx, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("i", 0))
        flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
        return master, fcntl.ioctl(master, _TIOCGPTPEER, flags)
    except BaseException:
        os.close(master)
        raise


def set_size(terminal: int, rows: int, columns: int) -> None:
    """Set a terminal's size; its foreground processes get SIGWINCH."""
    fcntl.ioctl(terminal, _TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def take(terminal: int) -> None:
    """Make a terminal the controlling one of this session's leader."""
    fcntl.ioctl(terminal, _TIOCSCTTY, 0)
