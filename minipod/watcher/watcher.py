"""The watcher's process: see `minipod.watcher.protocol`.

    python3 -I -S watcher.py --root ROOT --root-id ID --cgroup-fd N --ready-fd N
                             [--mechanisms NAME,…] [--patience SECONDS]

It imports all at once: a new version of the package on the disk never meets an old one in memory.
Who spawns it detaches it: session, stdin, stdout and stderr are the spawner's business.
"""

from __future__ import annotations

import fcntl
import os
import resource
import sys
from contextlib import suppress

_BY_PATH = not __package__
if _BY_PATH:
    # Isolated (-I -S), it finds this package behind the standard library, and nothing lazily.
    _HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.append(_HOME)
from minipod.sandbox.loop import catch_signals  # noqa: E402
from minipod.syscalls import namespaces, processes  # noqa: E402
from minipod.watcher.group import Group  # noqa: E402
from minipod.watcher.mechanisms import Choice  # noqa: E402
from minipod.watcher.protocol import (  # noqa: E402
    LOCK,
    LOCK_HELD,
    PATIENCE,
    Mechanism,
    parse_mechanisms,
)
from minipod.watcher.watch import Watch  # noqa: E402

if _BY_PATH:
    sys.path.remove(_HOME)

_USAGE = (
    "usage: watcher.py --root ROOT --root-id ID --cgroup-fd N --ready-fd N"
    " [--mechanisms NAME,…] [--patience SECONDS]"
)
_WRONG_USAGE = 2
_GROUP_DESCRIPTOR, _READY_DESCRIPTOR, _FREE = 3, 4, 5
_NAME = "minipod-watcher"


class Options:
    """What it was started with."""

    def __init__(self, argv: list[str]) -> None:
        given = dict(zip(argv[::2], argv[1::2], strict=True))
        self.root = os.path.realpath(given.pop("--root"))
        self.root_id = given.pop("--root-id")
        self.cgroup = int(given.pop("--cgroup-fd"))
        self.ready = int(given.pop("--ready-fd"))
        names = given.pop("--mechanisms", None)
        self.mechanisms = tuple(Mechanism) if names is None else parse_mechanisms(names)
        self.patience = float(given.pop("--patience", PATIENCE))
        if given:
            raise ValueError(f"no such option: {next(iter(given))}")


def main(argv: list[str]) -> int:
    """Watch until the end; return the exit code."""
    try:
        options = Options(argv)
    except (KeyError, ValueError) as error:
        sys.stderr.write(f"{error}\n{_USAGE}\n")
        return _WRONG_USAGE
    _keep_only(options)
    root = os.open(options.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    if not _locked(root):
        return LOCK_HELD
    os.chdir("/")
    os.umask(0o022)
    catch_signals()
    processes.set_name(_NAME)
    _be_free()
    group = Group(_GROUP_DESCRIPTOR, options.root_id)
    group.enter()
    _watch(root, group, options)
    return 0


def _watch(root: int, group: Group, options: Options) -> None:
    choice = Choice(group, f"minipod-{options.root_id}")
    try:
        choice.make(options.mechanisms)
        watch = Watch(root, choice, options.patience)
        _tell_ready()
        watch.run()
    finally:
        if choice.source is not None:
            choice.source.close()
        group.leave()
    watch.close()


def _keep_only(options: Options) -> None:
    """Have the descriptors that were given in their places, and no others."""
    moved = [
        fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _FREE) for each in (options.cgroup, options.ready)
    ]
    os.dup2(moved[0], _GROUP_DESCRIPTOR, inheritable=False)
    os.dup2(moved[1], _READY_DESCRIPTOR, inheritable=False)
    processes.close_from(_FREE)


def _tell_ready() -> None:
    with suppress(OSError):
        os.write(_READY_DESCRIPTOR, b"ready\n")
    os.close(_READY_DESCRIPTOR)


def _locked(root: int) -> bool:
    """Take the lock of the root, until this process ends; return False if another has it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    lock = os.open(LOCK, flags, 0o600, dir_fd=root)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _be_free() -> None:
    """Live in a network namespace of its own, where nobody else binds, and lock what it needs.

    Kernels before 5.11 count BPF's memory as locked.
    """
    namespaces.unshare(namespaces.NEWNET)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY,) * 2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
