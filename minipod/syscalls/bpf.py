"""BPF (bpf(2)): maps, programs and where they are hooked in; the few kinds that are needed here.

Every map, program and hook is a descriptor, and ends with it. Source: include/uapi/linux/bpf.h.
"""

from __future__ import annotations

import os
import struct
from ctypes import addressof, c_char_p, c_int, c_uint, create_string_buffer
from errno import EAGAIN

from minipod.syscalls._libc import check, system_call

ARRAY = 2
PER_CPU_ARRAY = 6
CGROUP_ARRAY = 8
LRU_HASH = 9
RING_BUFFER = 27

TRACEPOINT = 5
TRACING = 26
FEXIT = 25
"""How a program of the kind TRACING is attached: at the end of a function of the kernel."""

_MAP_CREATE, _MAP_LOOKUP, _MAP_UPDATE, _PROG_LOAD, _RAW_TRACEPOINT_OPEN = 0, 1, 2, 5, 17
_NUMBER = {"x86_64": 321, "ppc64le": 361, "s390x": 351}.get(os.uname().machine, 280)
_LONGEST_NAME = 15
_LOG = 1 << 16
_INSTRUCTION = 8
_TRIES = 5
"""A signal that comes while a program is checked makes it EAGAIN."""

_bpf = system_call(_NUMBER, c_int, c_char_p, c_uint)


def create_map(kind: int, key_size: int, value_size: int, entries: int, name: str) -> int:
    """Return a new map. For RING_BUFFER: sizes 0, and as many bytes as `entries`."""
    sizes = struct.pack("5I8x", kind, key_size, value_size, entries, 0)
    return _call(_MAP_CREATE, sizes + _named(name) + bytes(28), f"map {name}")


def update(descriptor: int, key: bytes, value: bytes) -> None:
    """Set one entry of a map."""
    own_key, own_value = create_string_buffer(key, len(key)), create_string_buffer(value)
    attributes = struct.pack("I4x3Q", descriptor, addressof(own_key), addressof(own_value), 0)
    _call(_MAP_UPDATE, attributes, "entry of a map")


def look_up(descriptor: int, key: bytes, size: int) -> bytes:
    """Return one entry of a map; of a PER_CPU_ARRAY, those of all possible processors."""
    own_key, value = create_string_buffer(key, len(key)), create_string_buffer(size)
    attributes = struct.pack("I4x3Q", descriptor, addressof(own_key), addressof(value), 0)
    _call(_MAP_LOOKUP, attributes, "entry of a map")
    return value.raw


def load(kind: int, code: bytes, name: str, *, attach_type: int = 0, function: int = 0) -> int:
    """Return a program that the kernel has checked; OSError with the last word of the check.

    `function` is the BTF id of the kernel's function that a program of the kind TRACING is for.
    """
    try:
        return _loaded(kind, code, name, (attach_type, function), None)
    except OSError as error:
        log = create_string_buffer(_LOG)
        try:
            os.close(_loaded(kind, code, name, (attach_type, function), addressof(log)))
        except OSError:
            lines = log.value.decode(errors="replace").splitlines()
            words = [line for line in lines if line and not line.startswith("processed ")]
            if words:
                raise OSError(error.errno, f"{error.strerror} ({words[-1]})", name) from None
        raise


def _loaded(kind: int, code: bytes, name: str, target: tuple[int, int], log: int | None) -> int:
    own_code, licence = create_string_buffer(code, len(code)), create_string_buffer(b"GPL")
    head = struct.pack(
        "2I2Q", kind, len(code) // _INSTRUCTION, *map(addressof, (own_code, licence))
    )
    logged = struct.pack("2IQ", *((1, _LOG, log) if log is not None else (0, 0, 0)))
    attach_type, function = target
    attributes = (
        head + logged + bytes(8) + _named(name) + struct.pack("4xI36xI32x", attach_type, function)
    )
    for _ in range(_TRIES - 1):
        try:
            return _call(_PROG_LOAD, attributes, f"program {name}")
        except OSError as error:
            if error.errno != EAGAIN:
                raise
    return _call(_PROG_LOAD, attributes, f"program {name}")


def attach(program: int, name: str) -> int:
    """Return the hook of a program of the kind TRACING, at what it was loaded for."""
    return _call(_RAW_TRACEPOINT_OPEN, struct.pack("QI4x", 0, program), f"hook {name}")


def possible_processors() -> int:
    """Return how many values an entry of a PER_CPU_ARRAY has."""
    with open("/sys/devices/system/cpu/possible", "rb") as file:
        return int(file.read().split(b"-")[-1].split(b",")[-1]) + 1


def _call(command: int, attributes: bytes, tried: str) -> int:
    buffer = create_string_buffer(attributes, len(attributes))
    return check(_bpf(command, buffer, len(attributes)), tried)


def _named(name: str) -> bytes:
    return name.encode()[:_LONGEST_NAME].ljust(_LONGEST_NAME + 1, b"\0")
