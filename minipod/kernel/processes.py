"""Processes: who one is, what it runs, which sockets it has open. Any may go at any moment.

Sources: proc_pid_stat(5), proc_pid_status(5). Sockets are not psutil's to tell: it looks at the
network namespace of the caller, and its start times follow the machine's clock.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from minipod.model.commands import typed
from minipod.model.sockets import Holder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_SOCKET = "socket:["
_SIGNALS = re.compile(rb"^(NSpid|SigBlk|SigIgn|SigCgt):\t(.*)$", re.MULTILINE)


class Identity(NamedTuple):
    """A process, told from a later one with the same pid: `started` is in ticks since boot."""

    pid: int
    started: int


def identity(pid: int) -> Identity | None:
    """Return who a process is; None if it has ended, be it a zombie still."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    state, *fields = stat[stat.rindex(b")") + 2 :].split()  # a name may hold spaces and brackets
    return None if state in {b"Z", b"X"} else Identity(pid, int(fields[18]))


def alive(process: Identity) -> bool:
    """Return whether this very process has not ended."""
    return identity(process.pid) == process


def command(pid: int) -> str | None:
    """Return a command line as one could type it; None if the process is gone.

    What has none, as a thread of the kernel, goes by its name in brackets.
    """
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        return typed(words) if words else f"[{process.name()}]"
    except psutil.Error:
        return None


def holders(
    inodes: Collection[int], pids: Iterable[int], netns: int | None = None
) -> dict[int, tuple[Holder, ...]]:
    """Return who has the sockets open: by inode, the process that started first before others.

    Looks at `pids`, those of the containers. If a socket is in none of their hands, then at every
    process in the network namespace that the descriptor `netns` names: some program of the pod
    may have left its group. A socket that nobody holds is not in the answer.
    """
    wanted = frozenset(inodes)
    looked_at = set(pids)
    found = _search(wanted, looked_at)
    missing = wanted - found.keys()
    if missing and netns is not None:
        found |= _search(missing, [pid for pid in _inside(netns) if pid not in looked_at])
    aged = {pid: _aged(pid) for pid in set().union(*found.values())}
    return {
        inode: tuple(holder for *_, holder in sorted(filter(None, map(aged.get, owners))))
        for inode, owners in found.items()
    }


def ignores(pid: int, signum: int) -> bool:
    """Return whether a signal would do nothing to a process.

    So it is if the process asked for that, and if it is the first of its PID namespace and has no
    handler: the kernel spares it the default action. A blocked signal is not ignored: programs
    that take signals by sigwait or signalfd have no handler either.
    """
    try:
        with open(f"/proc/{pid}/status", "rb", buffering=0) as status:
            fields = dict(_SIGNALS.findall(status.read()))
    except OSError:
        return False
    if _has(fields[b"SigBlk"], signum):
        return False
    first = fields[b"NSpid"].split()[-1] == b"1"
    unheard = _has(fields[b"SigIgn"], signum) or (first and not _has(fields[b"SigCgt"], signum))
    return unheard and not _awaits_signals(pid)


def _awaits_signals(pid: int) -> bool:
    """Return whether a thread is in sigwait: for so long, SigBlk does not show what it blocks."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            if "sigtimedwait" in (thread / "wchan").read_text():
                return True
    return False


def _has(mask: bytes, signum: int) -> bool:
    return bool(int(mask, 16) >> (signum - 1) & 1)


def _search(inodes: Collection[int], pids: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    if inodes:
        for pid in pids:
            for inode in _sockets(pid):
                if inode in inodes:
                    found.setdefault(inode, set()).add(pid)
    return found


def _sockets(pid: int) -> Iterator[int]:
    """Return the inodes of a process's sockets of all kinds."""
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                target = str(descriptor.readlink())
                if target.startswith(_SOCKET):
                    yield int(target[len(_SOCKET) : -1])


def _inside(netns: int) -> Iterator[int]:
    """Return the processes in a network namespace."""
    namespace = os.fstat(netns).st_ino
    for pid in psutil.pids():
        with suppress(OSError):
            if Path(f"/proc/{pid}/ns/net").stat().st_ino == namespace:
                yield pid


def _aged(pid: int) -> tuple[int, int, Holder] | None:
    """Return what processes are sorted by, and the process; None if it is gone."""
    process, words = identity(pid), command(pid)
    if process is None or words is None:
        return None
    return process.started, pid, Holder(pid, words)
