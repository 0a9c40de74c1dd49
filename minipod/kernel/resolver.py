"""Reads the host's resolver configuration, for the pods' own /etc/resolv.conf."""

from __future__ import annotations

from pathlib import Path

from minipod.plan.resolv import pod_resolv_conf

HOST = Path("/etc/resolv.conf")
UPSTREAMS = (
    Path("/run/systemd/resolve/resolv.conf"),
    Path("/run/NetworkManager/no-stub-resolv.conf"),
)
"""Where local forwarders tell the servers that they ask themselves."""


def resolv_conf() -> str:
    """Return the text of a pod's /etc/resolv.conf; the host may change its own at any time."""
    return pod_resolv_conf(_read(HOST), map(_read, UPSTREAMS))


def _read(path: Path) -> str:
    """Return a file's text; a file that cannot be read names no server."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
