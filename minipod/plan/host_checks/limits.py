"""What the kernel counts, and how much of it is left for pods."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from minipod.model.doctor import Check, Finding, Level
from minipod.plan.host_checks.verdict import fail, ok, unknown, warn
from minipod.plan.objects import PODS_ON_A_NODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.model.host_facts import GroupLimit, Limits

_FEW_PROCESSES, _SOME_PROCESSES = 128, 1024
"""Left for pods: a pod is its sandbox, a process for each container, and what those start."""
_SERVER_FILES, _POD_FILES = 64, 3
_NODE_FILES = _SERVER_FILES + _POD_FILES * PODS_ON_A_NODE
_PLENTY = 65536
_FEW_FILES, _SOME_FILES = 1024, 8192
_INSTANCES, _WATCHES = 128, 8192
"""The kernel's own defaults: who has less, has been restricted."""
_NEIGHBOURS_OF_A_POD = 4
"""The pod as its node sees it, the node as the pod does, and a neighbour both ways."""
_NEIGHBOURS = 1024
_FEW_CONNECTIONS, _SOME_CONNECTIONS = 128, 1024
_ALMOST_FULL = 0.9
_NO_PROCESS = "A pod whose process cannot be forked does not start, nor do its programs."


def judge(seen: Limits, root: str) -> list[Finding]:
    """Judge all of them."""
    return [
        _processes(Check.PID_MAX, "kernel.pid_max", seen.pid_max, seen.threads, 4194304),
        _processes(
            Check.THREADS_MAX, "kernel.threads-max", seen.threads_max, seen.threads, 1000000
        ),
        *_groups(seen.groups),
        _open_files(seen.open_files, seen.open_files_most),
        _all_files(seen),
        _inotify(seen),
        _neighbours(seen),
        _connections(seen.connections, seen.connections_most),
        _room(seen.pods_of_root, root),
    ]


def _level(left: int, few: int, some: int) -> Level:
    return Level.FAIL if left < few else Level.WARN if left < some else Level.OK


def _processes(check: Check, name: str, limit: int | None, threads: int, much: int) -> Finding:
    if limit is None:
        return unknown(check, f"{name} cannot be read", _NO_PROCESS)
    left = limit - threads
    seen = f"{name} is {limit}, {threads} threads run, {left} are left"
    level = _level(left, _FEW_PROCESSES, _SOME_PROCESSES)
    if level is Level.OK:
        return ok(check, seen)
    return Finding(check, level, seen, _NO_PROCESS, f"sysctl -w {name}={much}")


def _groups(groups: tuple[GroupLimit, ...]) -> Iterator[Finding]:
    if not groups:
        yield ok(Check.CGROUP_PIDS, "no control group limits how many processes there may be")
    for group in groups:
        left = group.limit - group.current
        seen = f"{group.path} is {group.limit}, {group.current} are there, {left} are left"
        level = _level(left, _FEW_PROCESSES, _SOME_PROCESSES)
        if level is Level.OK:
            yield ok(Check.CGROUP_PIDS, seen)
        else:
            fix = f"echo max > {group.path}"
            yield Finding(Check.CGROUP_PIDS, level, seen, _NO_PROCESS, fix)


def _open_files(limit: int, most: int) -> Finding:
    seen = f"a process may have {limit} files open (ulimit -Hn)"
    level = _level(limit, _SERVER_FILES + _POD_FILES, _NODE_FILES)
    if level is Level.OK:
        return ok(Check.OPEN_FILES, seen)
    pods = max(0, limit - _SERVER_FILES) // _POD_FILES
    why = (
        f"The server has {_POD_FILES} open for each pod, so {pods} pods are all. It has the limit "
        "of the shell that started it: stop a server that runs, and start it after this."
    )
    if most <= limit:
        why += " Root may not raise it here: whoever started this shell may (LimitNOFILE)."
        return Finding(Check.OPEN_FILES, level, seen, why)
    return Finding(Check.OPEN_FILES, level, seen, why, f"ulimit -n {min(_PLENTY, most)}")


def _all_files(seen: Limits) -> Finding:
    why = "No program of the machine opens a file when none is left."
    if seen.file_max is None:
        return unknown(Check.FILE_MAX, "fs.file-max cannot be read", why)
    left = seen.file_max - seen.files_open
    told = f"fs.file-max is {seen.file_max}, {seen.files_open} files are open, {left} are left"
    level = _level(left, _FEW_FILES, _SOME_FILES)
    if level is Level.OK:
        return ok(Check.FILE_MAX, told)
    return Finding(Check.FILE_MAX, level, told, why, "sysctl -w fs.file-max=1048576")


def _inotify(seen: Limits) -> Finding:
    instances, watches = seen.inotify_instances, seen.inotify_watches
    told = f"fs.inotify: max_user_instances is {instances}, max_user_watches is {watches}"
    fix = "sysctl -w fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288"
    why = (
        "All pods run as one user and share this: servers that reload when a file changes, and "
        'logs -f, fail with "too many open files" or "no space left on device".'
    )
    if seen.inotify_refused is not None:
        return fail(Check.INOTIFY, f"{told}; one more is refused: {seen.inotify_refused}", why, fix)
    if instances is None or watches is None:
        return unknown(Check.INOTIFY, "fs.inotify cannot be read", why)
    if instances < _INSTANCES or watches < _WATCHES:
        return warn(Check.INOTIFY, told, why, fix)
    return ok(Check.INOTIFY, told)


def _neighbours(seen: Limits) -> Finding:
    name = "net.ipv4.neigh.default.gc_thresh3"
    if seen.neighbours is None:
        return ok(Check.NEIGHBOURS, f"{name} is not this namespace's to see")
    wanted = max(_NEIGHBOURS, _NEIGHBOURS_OF_A_POD * seen.pods)
    told = f"{name} is {seen.neighbours}, {seen.pods} pods want up to {wanted}"
    if seen.neighbours >= wanted:
        return ok(Check.NEIGHBOURS, told)
    more = max(8192, 2 * wanted)
    return warn(
        Check.NEIGHBOURS,
        told,
        "All namespaces share one table of neighbours. When it is full, pods do not find each "
        'other, and the kernel\'s log says "neighbour: arp_cache: neighbor table overflow".',
        f"sysctl -w {name}={more}",
    )


def _connections(tracked: int | None, most: int | None) -> Finding:
    """Judge the table of connections, which is the machine's own namespace's."""
    name = "net.netfilter.nf_conntrack_max"
    if tracked is None or most is None:
        return ok(Check.CONNECTIONS, "the kernel keeps track of no connection yet")
    left = most - tracked
    told = f"{name} is {most}, {tracked} connections are tracked, {left} are left"
    level = _level(left, _FEW_CONNECTIONS, _SOME_CONNECTIONS)
    if level is Level.OK:
        return ok(Check.CONNECTIONS, told)
    why = (
        "What pods begin with the outside takes a place in this table, as do the machine's own "
        "connections. When it is full, the kernel drops packets, and its log says "
        '"nf_conntrack: table full, dropping packet".'
    )
    return Finding(Check.CONNECTIONS, level, told, why, f"sysctl -w {name}={max(262144, 2 * most)}")


def _room(pods: int, root: str) -> Finding:
    seen = f"{pods} of {PODS_ON_A_NODE} pods are on the node of {root}"
    if pods < _ALMOST_FULL * PODS_ON_A_NODE:
        return ok(Check.POD_ROOM, seen)
    why = (
        "A node has that many addresses (its bridge would hold 1,023 ports). Further pods wait "
        "until one is deleted; another root has a node of its own."
    )
    level = Level.FAIL if pods >= PODS_ON_A_NODE else Level.WARN
    fix = f"minipod --root {shlex.quote(f'{root}-2')} server start"
    return Finding(Check.POD_ROOM, level, seen, why, fix)
