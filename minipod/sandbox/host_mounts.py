"""Which mounts of the host a container gets over its root, decided from a mount table."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OWN = ("/proc", "/sys", "/dev", "/run")
"""What every container has of its own."""

_NO_FILES = frozenset(
    [
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts"),
        *("devtmpfs", "efivarfs", "fuse.lxcfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc"),
        *("pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs"),
    ]
)
_ESCAPE = "\\"


class HostMount:
    """A mount of the host: `writable` ones are stacked, others bound as they are."""

    __slots__ = ("path", "writable")

    def __init__(self, path: str, *, writable: bool) -> None:
        self.path = path
        self.writable = writable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostMount) and (
            (self.path, self.writable) == (other.path, other.writable)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"HostMount({self.path!r}, writable={self.writable})"


class HostMounts:
    """What `wanted` says of the present mount table; it is read anew only when that has changed."""

    __slots__ = ("_masked", "_table", "_wanted")

    def __init__(self, masked: Iterable[str]) -> None:
        self._masked = masked
        self._table = b""
        self._wanted: list[HostMount] = []

    def wanted(self) -> list[HostMount]:
        """Return the mounts that a container gets now. OSError."""
        with open("/proc/self/mountinfo", "rb", buffering=0) as file:
            table = file.readall()
        if table != self._table:
            self._table, self._wanted = table, wanted(os.fsdecode(table), self._masked)
        return self._wanted


def wanted(table: str, masked: Iterable[str]) -> list[HostMount]:
    """Return the mounts below the root that hold files, outermost first.

    `table` is the text of mountinfo (proc(5)); `masked` are folders of which nothing is wanted.
    Of several mounts on one path the last counts.
    """
    hidden = (*OWN, *masked)
    found: dict[str, HostMount] = {}
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        kind, _, *super_options = after.split(" ")
        path = _unescaped(fields[4])
        if path == "/" or kind in _NO_FILES or _is_below(path, hidden):
            continue
        options = {*fields[5].split(","), *",".join(super_options).split(",")}
        # An overlay here is the root of some other engine's container: nobody wants a copy.
        found[path] = HostMount(path, writable="ro" not in options and kind != "overlay")
    return [found[path] for path in sorted(found)]


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _unescaped(text: str) -> str:
    """Return a path of the mount table as it is: space, tab, newline and backslash are octal."""
    if _ESCAPE not in text:
        return text
    first, *rest = text.split(_ESCAPE)
    decoded = b"".join(bytes([int(part[:3], 8)]) + os.fsencode(part[3:]) for part in rest)
    return os.fsdecode(os.fsencode(first) + decoded)
