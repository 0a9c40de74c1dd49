"""Whom the machine asks for names."""

from __future__ import annotations

from minipod.kernel.resolver import HOST, UPSTREAMS
from minipod.model.host_facts import Resolver


def resolver() -> Resolver:
    """Return /etc/resolv.conf, and what local forwarders say that they ask."""
    upstreams = tuple(
        path.read_text(encoding="utf-8", errors="replace") for path in UPSTREAMS if path.is_file()
    )
    try:
        return Resolver(HOST.read_text(encoding="utf-8", errors="replace"), None, upstreams)
    except OSError as error:
        return Resolver("", error.strerror, upstreams)
