"""Where minipod writes: the root's folder, and the names of namespaces."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from minipod.model.doctor import Check, Finding, Level
from minipod.plan.host_checks.verdict import fail, ok

if TYPE_CHECKING:
    from minipod.model.host_facts import Folder, Storage

_MB = 1 << 20
_FEW_BYTES, _SOME_BYTES = 16 * _MB, 256 * _MB
_FEW_FILES, _SOME_FILES = 200, 5000


def judge(seen: Storage) -> list[Finding]:
    """Judge both."""
    return [_disk(seen), _names(seen.names)]


def _disk(seen: Storage) -> Finding:
    where = seen.root
    if where.read_only:
        return fail(
            Check.DISK,
            f"{where.path} is on {where.mount}, which is read-only",
            "The state of pods, their logs and what containers write are kept there.",
            _writable(where),
        )
    files = "" if where.files_free is None else f" and {where.files_free} files"
    told = f"{where.mount} has {where.free // _MB} MB{files} left for {seen.root_path}"
    level = min(
        _level(where.free, _FEW_BYTES, _SOME_BYTES),
        _level(where.files_free, _FEW_FILES, _SOME_FILES),
        key=list(Level).index,
    )
    if level is Level.OK:
        return ok(Check.DISK, told)
    return Finding(
        Check.DISK,
        level,
        told,
        "The state of pods, their logs and what containers write are kept there. Free some, or "
        "have the root where there is room.",
        None if seen.roomiest is None else f"minipod --root {_elsewhere(seen.roomiest)} doctor",
    )


def _level(left: int | None, few: int, some: int) -> Level:
    if left is None or left >= some:
        return Level.OK
    return Level.FAIL if left < few else Level.WARN


def _names(folder: Folder) -> Finding:
    if folder.read_only:
        return fail(
            Check.RUN_FOLDER,
            f"{folder.path} is on {folder.mount}, which is read-only",
            "The namespaces of pods get their names in /run/netns: no pod is made without.",
            _writable(folder),
        )
    return ok(Check.RUN_FOLDER, f"{folder.path} can be written")


def _writable(folder: Folder) -> str:
    return f"mount -o remount,rw {shlex.quote(folder.mount)}"


def _elsewhere(mount: str) -> str:
    return shlex.quote(f"{mount.rstrip('/')}/minipod")
