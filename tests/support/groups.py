"""Control groups as a test sees them: by cgroupfs, and with programs in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipod.kernel.cgroups import CgroupTree


def folder(tree: CgroupTree, *parts: str) -> Path:
    """Return the path of a group on the machine's v2 mount."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    point = next(line.split()[4] for line in lines if " - cgroup2 " in line)
    return Path(point, tree._root, *parts)


def inside(tree: CgroupTree, uid: str, name: str, *argv: str) -> list[str]:
    """Return the command line that runs a program in a group."""
    procs = folder(tree, uid, name, "cgroup.procs")
    return ["sh", "-ec", 'echo 0 > "$0"; exec "$@"', str(procs), *argv]
