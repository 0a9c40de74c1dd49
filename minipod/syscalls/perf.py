"""Performance events (perf_event_open(2)), as far as they hook BPF programs into tracepoints."""

from __future__ import annotations

import fcntl
import os
import struct
from ctypes import c_char_p, c_int, c_ulong

from minipod.syscalls._libc import check, system_call

_NUMBER = {"x86_64": 298, "ppc64le": 319, "s390x": 331}.get(os.uname().machine, 241)
_TYPE_TRACEPOINT = 2
_SIZE = 128
_FLAG_CLOEXEC = 8
_EVERY_PROCESS = -1
# The numbers are those of all machines that Linux calls "generic" (x86, arm, riscv, s390).
_IOC_ENABLE = 0x2400
_IOC_SET_BPF = 0x40042408

_perf_event_open = system_call(_NUMBER, c_char_p, c_int, c_int, c_int, c_ulong)


def hook(tracepoint: int, program: int, name: str) -> int:
    """Run a BPF program at a tracepoint, known by its id in tracefs; return the hook.

    It is run on all processors, whichever the event was opened for.
    """
    attributes = struct.pack("2I2Q", _TYPE_TRACEPOINT, _SIZE, tracepoint, 1).ljust(_SIZE, b"\0")
    processor = min(os.sched_getaffinity(0))
    opened = _perf_event_open(attributes, _EVERY_PROCESS, processor, -1, _FLAG_CLOEXEC)
    event = check(opened, f"tracepoint {name}")
    try:
        fcntl.ioctl(event, _IOC_SET_BPF, program)
        fcntl.ioctl(event, _IOC_ENABLE, 0)
    except OSError as error:
        os.close(event)
        raise OSError(error.errno, error.strerror, f"tracepoint {name}") from error
    return event
