"""What the kernel counts: processes, files, neighbours; and the pods that are there."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.kernel.cgroups import FOLDER
from minipod.kernel.mount_table import table
from minipod.model.host_facts import GroupLimit, Limits
from minipod.syscalls import capabilities
from minipod.syscalls.inotify import Inotify

if TYPE_CHECKING:
    from collections.abc import Iterator

_NR_OPEN = 1048576  # the kernel's own
_SETTINGS = Path("/proc/sys")
_NO_PODS = ("fabric", "node-", "_")
"""How the groups begin that are not a pod's: those of the network, the server, the watcher."""


def limits(root_id: str) -> Limits:
    """Return the limits that hold for this process, and how much of them is used."""
    pods = list(_pods())
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Limits(
        pid_max=_number("kernel/pid_max"),
        threads_max=_number("kernel/threads-max"),
        threads=_threads(),
        groups=tuple(_group_limits()),
        open_files=hard,
        open_files_most=_most_files(hard),
        file_max=_number("fs/file-max"),
        files_open=_number("fs/file-nr") or 0,
        inotify_refused=_inotify(),
        inotify_instances=_number("fs/inotify/max_user_instances"),
        inotify_watches=_number("fs/inotify/max_user_watches"),
        neighbours=_number("net/ipv4/neigh/default/gc_thresh3"),
        connections=_number("net/netfilter/nf_conntrack_count"),
        connections_most=_number("net/netfilter/nf_conntrack_max"),
        pods=len(pods),
        pods_of_root=sum(group.parent.name == root_id for group in pods),
    )


def _number(name: str) -> int | None:
    """Return the first number of a setting."""
    try:
        return int((_SETTINGS / name).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _most_files(hard: int) -> int:
    """Return what the limit of open files can be raised to (capabilities(7))."""
    if not capabilities.permitted() >> capabilities.SYS_RESOURCE & 1:
        return hard
    return _number("fs/nr_open") or _NR_OPEN


def _threads() -> int:
    """Return how many threads the machine has (proc_loadavg(5), the fourth field)."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 0


def _inotify() -> str | None:
    """Return why one more set of watches cannot be had; None if it can."""
    try:
        Inotify().close()
    except OSError as error:
        return error.strerror
    return None


def _group_limits() -> Iterator[GroupLimit]:
    """Yield the limits of this process's groups, and of those above them, where there is one."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    paths = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        paths[controllers] = path
    for mount in table():
        controllers = "pids" if "pids" in mount.options else ""
        is_v2 = mount.kind == "cgroup2"
        if (is_v2 or (mount.kind == "cgroup" and controllers)) and controllers in paths:
            yield from _upwards(mount.point, mount.root, paths["" if is_v2 else controllers])


def _upwards(point: str, root: str, path: str) -> Iterator[GroupLimit]:
    relative = path.removeprefix(root.rstrip("/")).strip("/")
    folder = Path(point, relative)
    while True:
        limit = _limit(folder)
        if limit is not None:
            yield limit
        if folder == Path(point):
            return
        folder = folder.parent


def _limit(folder: Path) -> GroupLimit | None:
    try:
        limit = (folder / "pids.max").read_text().strip()
        current = int((folder / "pids.current").read_text())
    except (OSError, ValueError):
        return None
    if limit == "max":
        return None
    return GroupLimit(str(folder / "pids.max"), int(limit), current)


def _pods() -> Iterator[Path]:
    """Yield the groups of pods, of all roots."""
    for mount in table():
        if mount.kind == "cgroup2":
            groups = Path(mount.point, FOLDER).glob("*/*/")
            yield from (each for each in groups if not each.name.startswith(_NO_PODS))
            return
