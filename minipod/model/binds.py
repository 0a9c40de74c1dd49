"""What the watcher records of a bind(2) or listen(2), at the moment of the call."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from minipod.model.pod import Protocol


class Call(StrEnum):
    """The system call that took a port, or was refused one."""

    BIND = "bind"
    LISTEN = "listen"


class BindCall(msgspec.Struct, frozen=True):
    """A call of a process in a pod that took a port, or failed with EADDRINUSE.

    `seq` counts up over the watcher's life; `time` is in seconds since the epoch; `pid` in the
    host's numbers; `name` is the kernel's name of the task, `command` the command line as typed.
    `cgroup` is the id of the caller's cgroup v2 group, `inode` the socket's, as sock_diag tells
    it. None is what the mechanism in use cannot see: nothing here is looked up afterwards, but the
    group where a mechanism knows of none.
    `count` is how often the same process made the same call with the same result in a row.
    """

    seq: int
    time: float
    call: Call
    failed: bool
    pid: int
    name: str
    command: str | None = None
    cgroup: int | None = None
    uid: int | None = None
    protocol: Protocol | None = None
    family: int | None = None
    """4 or 6: the socket's, whatever the address."""
    address: str | None = None
    port: int | None = None
    inode: int | None = None
    netns: int | None = None
    """The inode number of the network namespace of the socket."""
    reuseaddr: bool | None = None
    reuseport: bool | None = None
    v6only: bool | None = None
    count: int = 1
