"""A load that shows what a mechanism costs: many binds, and as many of another system call.

    python3 -I -S load.py COUNT CGROUP-FD       (benchmarks/load.c does the same in C)

It does COUNT times socket, bind and close, and COUNT times getppid, in batches of 1,000, and prints
the nanoseconds of the fastest batch of each: whatever else the machine does only adds to others.
In the watcher's own group, which is seen like any pod's, and told of to nobody. After each batch it
pauses: so the watcher has read it, and loses nothing of the pods' meanwhile.
"""

from __future__ import annotations

import os
import socket
import sys
import time

_BY_PATH = not __package__
if _BY_PATH:
    _HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.append(_HOME)
from minipod.syscalls.namespaces import NEWNET, unshare  # noqa: E402
from minipod.syscalls.processes import join_cgroup  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 1000
"""The ring of the watcher has room for twice as many."""

_PAUSE = 0.005
_ADDRESS = ("0.0.0.0", 1000)  # noqa: S104 - in a namespace without any link


def main(argv: list[str]) -> None:
    """Do it in a network namespace of its own."""
    count, group = map(int, argv)
    join_cgroup(group)
    unshare(NEWNET)
    binds, others = [], []
    for _ in range(0, count, BATCH):
        binds.append(_took(_bind))
        others.append(_took(os.getppid))
        time.sleep(_PAUSE)
    sys.stdout.write(f"{min(binds)} {min(others)}\n")


def _took(call: Callable[[], object]) -> int:
    began = time.perf_counter_ns()
    for _ in range(BATCH):
        call()
    return time.perf_counter_ns() - began


def _bind() -> None:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind(_ADDRESS)
    made.close()


if __name__ == "__main__":
    main(sys.argv[1:])
