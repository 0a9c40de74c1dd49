"""The zygote: keeps a root's server running, and forks sandboxes for it, which are cheap from here.

    python3 -I -S zygote.py --root ROOT [--ready-fd N] -- SERVER ARGV…

It holds the lock of ROOT as long as it lives; exit code LOCK_HELD when another one does. It
imports little, and all at once: a new version of the package on the disk never meets an old one in
memory. Who spawns it detaches it: session, stdin, stdout and stderr are the spawner's business.
"""

from __future__ import annotations

import fcntl
import gc
import os
import sys

_BY_PATH = not __package__
if _BY_PATH:
    # Isolated (-I -S), it finds this package behind the standard library, and nothing lazily.
    _HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.append(_HOME)
from minipod.sandbox.keeper import Keeper  # noqa: E402
from minipod.sandbox.limits import set_limits, set_priority  # noqa: E402
from minipod.sandbox.loop import catch_signals  # noqa: E402
from minipod.sandbox.own_group import OwnGroup  # noqa: E402
from minipod.sandbox.protocol import LOCK, LOCK_HELD, SUPERVISOR_VARIABLE  # noqa: E402
from minipod.sandbox.supervisor import passed_socket  # noqa: E402
from minipod.syscalls import processes  # noqa: E402

if _BY_PATH:
    sys.path.remove(_HOME)

_USAGE = "usage: zygote.py --root ROOT [--ready-fd N] -- SERVER ARGV…"
_WRONG_USAGE = 2
_MASK = 0o022
_KEPT = 3


def main(argv: list[str]) -> int:
    """Run until the server ends for good; return the exit code."""
    try:
        root, ready, server = _parsed(argv)
    except (ValueError, IndexError):
        sys.stderr.write(f"{_USAGE}\n")
        return _WRONG_USAGE
    supervised = SUPERVISOR_VARIABLE in os.environ
    listening = passed_socket()
    kept = _keep_only(ready if listening is None else listening)
    lock = _locked(root)
    if lock is None:
        if supervised:  # nobody else would say why
            sys.stderr.write(f"a server of {root} runs already\n")
        return LOCK_HELD
    os.chdir("/")
    os.umask(_MASK)
    catch_signals()
    set_limits()
    if not supervised:  # a unit's Nice= is meant
        set_priority()
    group = None if supervised else OwnGroup(root)
    ready, listening = (kept, None) if listening is None else (None, kept)
    keeper = Keeper(server, ready, lock, listening)
    gc.collect()
    # What is here now is never looked at again: so the pages of a sandbox stay shared with us.
    gc.freeze()
    gc.disable()
    code = keeper.run()
    if group is not None:
        group.leave()
    return code


def _parsed(argv: list[str]) -> tuple[str, int | None, list[str]]:
    """Return root, descriptor and server. argparse would cost more memory than a sandbox."""
    end = argv.index("--")
    own, server = argv[:end], argv[end + 1 :]
    options = dict(zip(own[::2], own[1::2], strict=True))
    root, ready = options.pop("--root", ""), options.pop("--ready-fd", None)
    if not root or not server or options:
        raise ValueError
    return os.path.realpath(root), None if ready is None else int(ready), server


def _keep_only(kept: int | None) -> int | None:
    """Close what else the spawner left open: a sandbox would hold it for its whole life."""
    if kept is None:
        processes.close_from(_KEPT)
        return None
    if kept == _KEPT:
        os.set_inheritable(kept, False)
    else:
        os.dup2(kept, _KEPT, inheritable=False)
    processes.close_from(_KEPT + 1)
    return _KEPT


def _locked(root: str) -> int | None:
    """Return the locked descriptor of the root, None if another zygote has it."""
    lock = os.open(f"{root}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
