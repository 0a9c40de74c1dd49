"""The cgroup (v2) of the zygote and its server: out of the session of whoever started them.

A login session's end may kill all that is in its group. Without a mount of v2 there is no such
group, and nothing to leave.
"""

from __future__ import annotations

import os
from contextlib import suppress

from minipod.sandbox.protocol import GROUPS, SERVER_GROUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_LONGEST = 4096


class OwnGroup:
    """BASE/minipod/ROOTID/_server, entered when made, left and removed by `leave`."""

    def __init__(self, root: str) -> None:
        self._base, self._path = _enter(root)

    def leave(self) -> None:
        """Go back to the top, and remove the groups of this root that are empty."""
        if not self._base:
            return
        with suppress(OSError):
            _move(self._base, os.getpid())
        for folder in (self._path, os.path.dirname(self._path), f"{self._base}/{GROUPS}"):
            try:
                os.rmdir(folder)
            except OSError:
                return


def _enter(root: str) -> tuple[str, str]:
    """Return BASE and the group, both empty if there is none that can be entered.

    A child does it, for what must be imported here would stay in the memory of the zygote.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _enter_in_child(root, writer)
    os.close(writer)
    answer = os.fsdecode(os.read(reader, _LONGEST))
    os.close(reader)
    os.waitpid(child, 0)
    base, _, path = answer.partition("\n")
    return base, path


def _enter_in_child(root: str, writer: int) -> NoReturn:
    try:
        from hashlib import sha256  # noqa: PLC0415 - see above

        base = _mount_point()
        root_id = sha256(os.fsencode(root)).hexdigest()[:6]
        path = f"{base}/{GROUPS}/{root_id}/{SERVER_GROUP}"
        os.makedirs(path, exist_ok=True)
        _move(path, os.getppid())
        os.write(writer, os.fsencode(f"{base}\n{path}"))
    except (OSError, LookupError):
        pass  # a machine without it, or a container that may not: the session's group it is
    finally:
        os._exit(0)


def _mount_point() -> str:
    """Return where the v2 tree is mounted whole, or as whole as it is. LookupError, OSError."""
    found = []
    with open("/proc/self/mountinfo", "rb") as table:
        for line in table:
            mount, _, filesystem = line.partition(b" - ")
            if filesystem.startswith(b"cgroup2 "):
                fields = mount.split()
                found.append((len(fields[3]), os.fsdecode(fields[4])))
    if not found:
        raise LookupError("no cgroup v2 is mounted")
    return min(found)[1]


def _move(group: str, pid: int) -> None:
    with open(f"{group}/cgroup.procs", "wb", buffering=0) as procs:
        procs.write(b"%d" % pid)
