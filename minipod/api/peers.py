"""Who may ask: root, from outside this root's pods.

A pod's containers run as root too, and may see the socket where they share the host's files: their
cgroup tells them apart.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.errors import Forbidden
from minipod.kernel.cgroups import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Connected(Protocol):
        """What both a socket and asyncio's view of one can do."""

        def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes:
            """See socket.socket."""

    Admission = Callable[[Connected], None]

_CREDENTIALS = struct.Struct("3i")


def peer(connection: Connected) -> tuple[int, int]:
    """Return the pid and the uid of who is at the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(raw)
    return pid, uid


def admission(root_id: str, proc: str = "/proc") -> Admission:
    """Return the check of a connection's peer: Forbidden unless it may ask."""
    group = f"/{FOLDER}/{root_id}/"

    def admit(connection: Connected) -> None:
        pid, uid = peer(connection)
        if uid != 0:
            raise Forbidden(f"user {uid} may not use minipod", hint="use sudo")
        if group in _cgroups(proc, pid):
            raise Forbidden("a pod's containers may not use the minipod that runs them")

    return admit


def _cgroups(proc: str, pid: int) -> str:
    """Return a process's cgroups; Forbidden for one that hides in another PID namespace."""
    try:
        return Path(f"{proc}/{pid}/cgroup").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Forbidden(f"cannot tell who asks: process {pid}: {error.strerror}") from error
