"""A program whose kernel refuses some calls, as a container's seccomp profile makes it.

    python3 -I tests/support/seccomp.py CALL… -- PROGRAM ARGUMENT…

The filter holds for the program and for all that it starts. By itself: it imports nothing of ours.
Sources: seccomp(2), include/uapi/linux/{seccomp,bpf_common}.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from errno import ENOSYS, EPERM
from typing import NamedTuple

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # LD|W|ABS, JMP|JEQ|K, RET|K
_NUMBER, _ARGUMENTS = 0, 16  # where in struct seccomp_data; an argument has 8 bytes
_SOCKET = {"x86_64": 41}.get(os.uname().machine, 198)
_AF_NETLINK = 16


class Refusal(NamedTuple):
    """A call by its number, what its arguments must be (by their places), and the answer."""

    number: int
    arguments: dict[int, int]
    errno: int


REFUSALS = {
    "clone3": Refusal(435, {}, ENOSYS),
    "pidfd_open": Refusal(434, {}, ENOSYS),
    "fsopen": Refusal(430, {}, EPERM),
    "sock_diag": Refusal(_SOCKET, {0: _AF_NETLINK, 2: 4}, EPERM),
}
"""Docker answers ENOSYS to what its profile does not know, and EPERM to what it forbids."""


def program(refusals: list[Refusal]) -> bytes:
    """Return the filter: each refusal is passed over where something is not as it asks."""
    code = b""
    for refusal in refusals:
        asked = {_NUMBER: refusal.number}
        asked |= {_ARGUMENTS + 8 * place: value for place, value in refusal.arguments.items()}
        left = 2 * len(asked)
        for offset, value in asked.items():
            left -= 2
            code += struct.pack("=HBBI", _LOAD, 0, 0, offset)
            code += struct.pack("=HBBI", _EQUAL, 0, left + 1, value)
        code += struct.pack("=HBBI", _RETURN, 0, 0, _ERRNO | refusal.errno)
    return code + struct.pack("=HBBI", _RETURN, 0, 0, _ALLOW)


def install(refusals: list[Refusal]) -> None:
    """Put the filter on this process; there is no way back. OSError."""
    code = ctypes.create_string_buffer(program(refusals))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for words in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _MODE_FILTER, header)):
        if prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), f"prctl {words[0]}")


def main() -> None:
    """Refuse what the arguments name, and become the program behind `--`."""
    names, argv = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    install([REFUSALS[name] for name in names])
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
