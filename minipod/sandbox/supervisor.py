"""What a supervisor as systemd gives those whom it starts: a socket, and a place to report to.

Sources: sd_listen_fds(3), sd_notify(3).
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from minipod.sandbox.protocol import SUPERVISOR_VARIABLE

_FIRST = 3


def passed_socket() -> int | None:
    """Return the descriptor of the socket that was passed to this very process; None without one.

    The variables go: they are of no child's business.
    """
    pid, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    return _FIRST if pid == str(os.getpid()) and count == "1" else None


class Supervisor:
    """Whom the server tells how it is; nobody, if it was started by hand."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def inherited(cls) -> Supervisor:
        """Return the supervisor of this process; its children have none."""
        return cls(os.environ.pop(SUPERVISOR_VARIABLE, None) or None)

    @property
    def is_there(self) -> bool:
        """Whether there is one."""
        return self._address is not None

    def tell(self, *lines: str) -> None:
        """Report: READY=1, STOPPING=1, STATUS=…; nothing happens if nobody listens."""
        if self._address is None:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto("\n".join(lines).encode(), address)
