"""What is said to a watcher: JSON in SOCK_SEQPACKET messages, as with a sandbox.

The watcher is started by a root's server, and outlives it:

    python3 -I -S watcher.py --root ROOT --root-id ID --cgroup-fd N --ready-fd N
                             [--mechanisms NAME,…] [--patience SECONDS]

    The directory of the root's control group (BASE/minipod/ID) comes as a descriptor. What runs in
    it and below is watched; the watcher itself lives in WATCHER_GROUP below it. The environment
    variable MECHANISMS_VARIABLE of the server becomes --mechanisms: the only ones that are tried.
    ROOT/LOCK is held by the one watcher of a root; a second ends with LOCK_HELD.
    "ready" is written to --ready-fd when it listens; its errors go to stderr, which is ROOT/LOG.

It listens on ROOT/SOCKET (long paths by /proc/self/fd/N/SOCKET). Only uid 0 is served. The newest
connection that has greeted is the server; the one before is hung up on.

    -> {"op": "hello", "version": VERSION, "after": {"life": ID, "seq": N} | null}
    <- {"version": VERSION, "pid": …, "life": ID, "mechanism": NAME, "reasons": {NAME: WHY},
        "kernel_fields": bool, "lost": N}

    `life` tells this watcher from its predecessors, whose "seq" began at 1 too. `reasons` says of
    each better mechanism why it is not in use. `kernel_fields`: whether what only the kernel's own
    structures tell is known (socket, namespace, command line); a reason of the name KERNEL_FIELDS
    says why not. `lost` counts what did not fit.

Then it tells, without being asked:

    {"calls": [BindCall, …]}     as minipod.model.binds, without the fields that are null
    {"lost": N}                  when it has grown

    First what the server does not know: the newest success of each socket that is remembered; the
    failures behind "after", all of them if that is of another life, and those whose `count` has
    grown meanwhile. Then what happens. A record that was told before is told again when its `count`
    has grown, with the same `seq`: at most every RETELL seconds.

Requests carry "seq"; the answer has the same: {"seq": N, "ok": {}} or {"seq": N, "error": Failure}
(minipod.sandbox.protocol).

    {"op": "quit"}     it ends, and leaves nothing behind. Every version understands it, and before
                       a greeting too.
    {"op": "pause"}    takes its hooks out of the kernel: nothing is seen until
    {"op": "resume"}   puts them back. So does the end of the connection that paused.

It ends by itself --patience seconds after it lost its server, and on SIGTERM.
"""

from __future__ import annotations

from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


class Mechanism(StrEnum):
    """How binds are seen, from best to worst."""

    FEXIT = "fexit"
    """BPF at the end of the kernel's own functions: costs nothing but at binds."""
    TRACEPOINT = "tracepoint"
    """BPF at the system calls' tracepoints: slows every system call of the machine a little."""
    TRACEFS = "tracefs"
    """The plain tracing interface: time, pid and name of a failure, and nothing else."""
    NONE = "none"
    """Nothing is seen."""


VERSION: Final = 1
LOCK_HELD: Final = 3
MECHANISMS_VARIABLE: Final = "MINIPOD_WATCHER"
KERNEL_FIELDS: Final = "kernel_fields"
SOCKET: Final = "watcher.sock"
LOCK: Final = "watcher.lock"
LOG: Final = "watcher.log"
WATCHER_GROUP: Final = "_watcher"
PATIENCE: Final = 60.0
RETELL: Final = 0.25


def parse_mechanisms(text: str) -> tuple[Mechanism, ...]:
    """Return the mechanisms that a list of names with commas allows, from best to worst.

    NONE is always among them. ValueError with the name that is none.
    """
    wanted = {Mechanism(name.strip()) for name in text.split(",") if name.strip()}
    return tuple(each for each in Mechanism if each in wanted or each is Mechanism.NONE)
