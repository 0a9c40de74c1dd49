"""A load that shows what a mechanism costs: many binds, and as many of another system call.

    python3 -I -S load.py COUNT CGROUP-FD       (benchmarks/load.c does the same in C)

It prints two numbers: the nanoseconds that COUNT times socket, bind and close took, and those of
COUNT times getppid. In the watcher's own group, which is seen like any pod's, and told of to
nobody. In batches, with a pause after each: so the watcher has read the last one, and loses nothing
of the pods' meanwhile.
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

_BATCH = 1000
"""The ring of the watcher has room for twice as many."""

_PAUSE = 0.005
_ADDRESS = ("0.0.0.0", 1000)  # noqa: S104 - in a namespace without any link


def main(argv: list[str]) -> None:
    """Do it in a network namespace of its own."""
    count, group = map(int, argv)
    join_cgroup(group)
    unshare(NEWNET)
    binds = others = 0
    for _ in range(0, count, _BATCH):
        binds += _took(_bind)
        others += _took(os.getppid)
        time.sleep(_PAUSE)
    sys.stdout.write(f"{binds} {others}\n")


def _took(call: Callable[[], object]) -> int:
    began = time.perf_counter_ns()
    for _ in range(_BATCH):
        call()
    return time.perf_counter_ns() - began


def _bind() -> None:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind(_ADDRESS)
    made.close()


if __name__ == "__main__":
    main(sys.argv[1:])
