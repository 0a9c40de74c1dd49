"""Roots of test runs: each belongs to one process, and whoever finds it dead removes its root.

A root's folder has a file that its owner keeps locked. The lock is POSIX' (fcntl(2)): it is the
process's alone, no child inherits it, and the kernel lets go of it whatever ends the process. A
watchdog waits for it; should that be killed too, the next run sweeps.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from minipod.client.client import Client
from minipod.client.server.start import environment, was_used

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "owner"
WATCHDOG_LOG = "watchdog.log"
_WATCHDOG_WITHIN = 10.0  # seconds; it has only to see that there is nothing left to do


class OwnRoot(NamedTuple):
    """A root of this process."""

    folder: Path
    owner: IO[bytes]
    watchdog: subprocess.Popen[bytes]

    def remove(self) -> None:
        """Remove everything of it. MinipodError if something stays: then the watchdog tries too."""
        try:
            remove(self.folder)
        finally:
            self.owner.close()
        try:
            self.watchdog.wait(_WATCHDOG_WITHIN)
        except subprocess.TimeoutExpired:
            self.watchdog.kill()
            self.watchdog.wait()


def make(above: Path) -> OwnRoot:
    """Make a root in the folder `above`, owned by this process."""
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(above):
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=above))
        owner = (folder / OWNER).open("wb")
        fcntl.lockf(owner, fcntl.LOCK_EX)
    return OwnRoot(folder, owner, _start_watchdog(folder))


def sweep(above: Path) -> list[Path]:
    """Remove the roots in the folder `above` whose owners are dead; return them. MinipodError."""
    swept = []
    for folder in _folders(above):
        with _alone(above):
            owner = _take(folder)
        if owner is not None:
            with owner:
                remove(folder)
            swept.append(folder)
    return swept


def remove(folder: Path) -> None:
    """Remove a root: pods, network, server, files. MinipodError if something of it stays."""
    if was_used(str(folder)):
        client = Client(folder, warn=_nothing)
        client.purge()
        client.stop()
    shutil.rmtree(folder)


def cluster_cidr(folder: Path) -> str:
    """Return the block for a root's pods: one of 4,096, by the folder's name.

    They lie in 10.128.0.0/10: those that minipod takes by itself begin with 10.244.0.0/16. A block
    that is taken all the same is replaced by the server.
    """
    first, second = sha256(os.fsencode(folder)).digest()[:2]
    return f"10.{128 + first % 64}.{second & 0b11111100}.0/22"


def _folders(above: Path) -> list[Path]:
    try:
        return sorted(entry for entry in above.iterdir() if entry.is_dir())
    except FileNotFoundError:
        return []


def _take(folder: Path) -> IO[bytes] | None:
    """Become the owner of a root whose owner is dead; None if it lives, or the root is gone."""
    try:
        owner = (folder / OWNER).open("wb")
    except FileNotFoundError:
        return None
    try:
        fcntl.lockf(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner.close()
        return None
    return owner


@contextmanager
def _alone(above: Path) -> Iterator[None]:
    """Keep others from making and taking roots meanwhile: a new one has no lock yet."""
    place = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _start_watchdog(folder: Path) -> subprocess.Popen[bytes]:
    """Start the process that removes the root when this one dies, in a session of its own."""
    with (folder / WATCHDOG_LOG).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 (our own command line, no shell)
            [sys.executable, "-P", "-m", "minipod.pytest_plugin.watchdog", str(folder)],
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _nothing(_warning: str) -> None:
    """Tell nobody."""
