"""Who looks, and what /proc shows of the machine."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from minipod.model.doctor import Check
from minipod.plan.host_checks.verdict import fail, ok, warn

if TYPE_CHECKING:
    from minipod.model.doctor import Finding
    from minipod.model.host_facts import Proc, Rights


def root(rights: Rights) -> Finding:
    """Judge whether whoever looks may do what pods need."""
    if rights.uid != 0:
        return fail(
            Check.ROOT,
            f"you are uid {rights.uid}, not root",
            "Pods are namespaces, links and mounts, which only root makes. "
            "What only root can see was not looked at.",
            _as_root(rights),
        )
    if rights.missing:
        return fail(
            Check.ROOT,
            f"root without {', '.join(rights.missing)}",
            "Something took these capabilities from root: a container, most likely. Without them "
            "no namespace, link or mount can be made. Run minipod on the machine itself, or in a "
            "container with all of them (docker run --privileged).",
        )
    return ok(Check.ROOT, "root, with all capabilities that are needed")


def _as_root(rights: Rights) -> str:
    again = shlex.join(rights.argv)
    return f"sudo {again}" if rights.sudo else f"su -c {shlex.quote(again)}"


def proc(rights: Rights, seen: Proc) -> Finding:
    """Judge whether /proc shows settings and the processes of others."""
    options = ",".join(seen.options) or "no options"
    if not seen.has_settings:
        return fail(
            Check.PROC,
            f"/proc ({options}) has no /proc/sys",
            "minipod reads and sets kernel settings there.",
            "mount -t proc -o nosuid,nodev,noexec proc /proc",
        )
    hidden = [each for each in seen.options if each.startswith("hidepid=")]
    shown = not hidden or hidden[0] in {"hidepid=0", "hidepid=off"}
    if not shown and "CAP_SYS_PTRACE" in rights.missing:
        return warn(
            Check.PROC,
            f"/proc is mounted with {hidden[0]}",
            "Which process holds a port cannot be told of programs of other users.",
            "mount -o remount,hidepid=0 /proc",
        )
    return ok(Check.PROC, f"/proc shows settings and processes ({options})")
