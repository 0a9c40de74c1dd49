"""Processes: birth in a cgroup and namespaces, identity, and what they may keep open."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from errno import EINVAL, ENOSYS, EPERM

from minipod.syscalls._libc import check, system_call
from minipod.syscalls.namespaces import NEWPID, setns, unshare

_CLONE3 = 435
_PIDFD = 0x1000
_INTO_CGROUP = 0x200000000
_NO_CLONE3 = (ENOSYS, EPERM, EINVAL)
_ARG_START = 45  # of the fields behind the name; numbered 48 in the manual
_LAST = 0xFFFFFFFF
_FDINFO = 1024
_SIGCHLD = int(signal.SIGCHLD)

# Unlike CDLL it keeps the interpreter's lock: nothing of Python runs between the fork and the
# hooks that put the interpreter in order in the child.
_unlocked = ctypes.PyDLL(None, use_errno=True)
_unlocked.syscall.restype = ctypes.c_long
_before = ctypes.pythonapi.PyOS_BeforeFork
_after_in_parent = ctypes.pythonapi.PyOS_AfterFork_Parent
_after_in_child = ctypes.pythonapi.PyOS_AfterFork_Child
for _hook in (_before, _after_in_parent, _after_in_child):
    _hook.argtypes = ()
    _hook.restype = None

_close_range = system_call(436, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint)


def fork(namespaces: int = 0, cgroup: int | None = None) -> tuple[int, int]:
    """Fork into new namespaces and a cgroup (v2); return (pid, pidfd), in the child (0, -1).

    `namespaces` are flags of minipod.syscalls.namespaces, `cgroup` is a descriptor of the group's
    directory. Only for a process of one thread. One clone3(2) (CLONE_INTO_CGROUP, Linux 5.7);
    where that is refused, as in some containers, the slower way with the same outcome.
    """
    try:
        return fork_with_clone3(namespaces, cgroup)
    except OSError as error:
        if error.errno not in _NO_CLONE3:
            raise
    return fork_without_clone3(namespaces, cgroup)


def fork_with_clone3(namespaces: int, cgroup: int | None) -> tuple[int, int]:
    """Do what `fork` does with clone3(2) alone. OSError where that is refused."""
    pidfd = ctypes.c_int(-1)
    flags = namespaces | _PIDFD | (0 if cgroup is None else _INTO_CGROUP)
    # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
    # set_tid, set_tid_size, cgroup
    arguments = ctypes.create_string_buffer(
        struct.pack(
            "11Q",
            *(flags, ctypes.addressof(pidfd), 0, 0, _SIGCHLD, 0, 0, 0, 0, 0, cgroup or 0),
        ),
        88,
    )
    number, size = ctypes.c_long(_CLONE3), ctypes.c_size_t(88)
    _before()
    pid: int = _unlocked.syscall(number, arguments, size)
    if pid == 0:
        _after_in_child()
        return 0, -1
    _after_in_parent()
    check(pid, "clone3")
    return pid, pidfd.value


def fork_without_clone3(namespaces: int, cgroup: int | None) -> tuple[int, int]:
    """Do what `fork` does with unshare(2), fork(2) and a write to cgroup.procs."""
    pid = _fork_into_new_pid_namespace() if namespaces & NEWPID else os.fork()
    if pid != 0:
        return pid, os.pidfd_open(pid)
    if cgroup is not None:
        join_cgroup(cgroup)
    if namespaces & ~NEWPID:
        unshare(namespaces & ~NEWPID)
    return 0, -1


def _fork_into_new_pid_namespace() -> int:
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    pid = -1
    try:
        unshare(NEWPID)
        pid = os.fork()
    finally:
        if pid != 0:
            setns(own, NEWPID)  # later children of the parent are born where it lives
        os.close(own)
    return pid


def join_cgroup(directory: int, *, pid: int = 0) -> None:
    """Move a process (0: this one) to the cgroup (v2) whose directory this descriptor is."""
    procs = os.open("cgroup.procs", os.O_WRONLY | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.write(procs, b"%d" % pid)
    finally:
        os.close(procs)


def close_from(first: int) -> None:
    """Close every descriptor from `first` on (close_range(2), Linux 5.9)."""
    check(_close_range(first, _LAST, 0), "close_range")


def set_name(name: str) -> None:
    """Name this process as `ps -o comm` shows it; the kernel keeps 15 bytes."""
    comm = os.open("/proc/self/comm", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(comm, name.encode())
    finally:
        os.close(comm)


def own_arguments() -> tuple[int, int]:
    """Return where in memory this process has its arguments: from, to (proc_pid_stat(5))."""
    with open("/proc/self/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    return int(fields[_ARG_START]), int(fields[_ARG_START + 1])


def set_title(place: tuple[int, int], title: str) -> None:
    """Write over this process's arguments, at `own_arguments`: what `ps` shows; cut to the room."""
    start, end = place
    text = title.encode(errors="surrogateescape")[: end - start - 1]
    ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


def seen_from_proc(pidfd: int) -> int:
    """Return the pid of a process as /proc here shows it: the host's, when /proc is the host's.

    0 if it cannot be seen from there, -1 if it was reaped.
    """
    path = f"/proc/self/fdinfo/{pidfd}"
    info = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _, found, rest = os.read(info, _FDINFO).partition(b"\nPid:")
    finally:
        os.close(info)
    if not found:
        raise OSError(EINVAL, os.strerror(EINVAL), path)
    return int(rest.split(None, 1)[0])


def own_pid() -> int:
    """Return this process's pid as /proc here shows it: the host's, when /proc is the host's."""
    return int(os.readlink("/proc/self"))
