"""Timing of whole commands, and what every contender can do."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROGRAM = ["sh", "-c", 'trap "exit 0" TERM; sleep 100000 & wait']
"""What every container runs: it ends at once when it is told to."""

CREATE = "one pod of two containers, from the command to Running"
EXEC = "exec POD -- true"
LIST = "get pods"
DELETE = "delete that pod"
CREATE_MANY = "many pods from one file, each"
DELETE_MANY = "delete them, each"
TASKS = (CREATE, EXEC, LIST, DELETE, CREATE_MANY, DELETE_MANY)


class Unavailable(Exception):
    """A contender that cannot run on this machine, and why."""


class Contender(ABC):
    """One way to do the tasks, in the order of TASKS. Tasks that it does not know are left out."""

    name: str

    @abstractmethod
    def start(self) -> None:
        """Get ready, not timed. Raises Unavailable."""

    @abstractmethod
    def tasks(self) -> Mapping[str, Callable[[], float]]:
        """Return what does each task and returns its milliseconds."""

    def stop(self) -> None:  # noqa: B027 - most have nothing to do
        """Remove everything that was made."""


def timed(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Run a command that must succeed, and return its milliseconds."""
    began = time.perf_counter()
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    took = (time.perf_counter() - began) * 1000
    if done.returncode != 0:
        complaint = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(complaint[-1] if complaint else f"exit {done.returncode}")
    return took
