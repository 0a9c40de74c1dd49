"""Namespaces: leaving and entering them (unshare(2), setns(2))."""

from __future__ import annotations

from ctypes import c_int

from minipod.syscalls._libc import check, function

NEWNS = 0x00020000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWPID = 0x20000000
NEWNET = 0x40000000

_unshare = function("unshare", c_int)
_setns = function("setns", c_int, c_int)


def unshare(flags: int) -> None:
    """Move this process to new namespaces; with NEWPID its next children only."""
    check(_unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Enter a namespace by its descriptor, or those of a process by its pidfd (Linux 5.8)."""
    check(_setns(descriptor, flags), "setns")
