"""Capabilities: what a process run as root may do, and can never get back (capabilities(7))."""

from __future__ import annotations

import struct
from ctypes import c_char_p, c_int, c_ulong, create_string_buffer, get_errno
from errno import EINVAL

from minipod.syscalls._libc import check, function

CHOWN = 0
DAC_OVERRIDE = 1
FOWNER = 3
FSETID = 4
KILL = 5
SETGID = 6
SETUID = 7
SETPCAP = 8
NET_BIND_SERVICE = 10
NET_ADMIN = 12
NET_RAW = 13
SYS_CHROOT = 18
SYS_PTRACE = 19
SYS_ADMIN = 21
SYS_RESOURCE = 24
MKNOD = 27
AUDIT_WRITE = 29
SETFCAP = 31

_VERSION_3 = 0x20080522
_PR_CAPBSET_DROP = 24
_MOST = 64

_capset = function("capset", c_char_p, c_char_p)
_capget = function("capget", c_char_p, c_char_p)
_prctl = function("prctl", c_int, *[c_ulong] * 4)


def drop_bounding(kept: int) -> None:
    """Take from the bounding set every capability that is not in the mask `kept`.

    No program that is executed afterwards can have them, whatever its file says.
    """
    for number in range(_MOST):
        if not kept >> number & 1 and _prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            if get_errno() == EINVAL:
                return  # the kernel knows no more of them
            check(-1, f"capability {number}")


def permitted() -> int:
    """Return the mask of the capabilities that this process may have."""
    header = create_string_buffer(struct.pack("Ii", _VERSION_3, 0), 8)
    data = create_string_buffer(24)
    check(_capget(header, data), "capget")
    _, low, _, _, high, _ = struct.unpack("6I", data.raw)
    return int(low | high << 32)


def keep_only(mask: int) -> None:
    """Make a mask the effective and permitted set, with an empty inheritable one."""
    if mask >> _MOST:
        raise OSError(EINVAL, "no such capability", "capset")
    header = create_string_buffer(struct.pack("Ii", _VERSION_3, 0), 8)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    data = create_string_buffer(struct.pack("6I", low, low, 0, high, high, 0), 24)
    check(_capset(header, data), "capset")
