"""What a pod's /etc/resolv.conf says: the host's, less what only the host can reach.

A server on loopback is the host's own forwarder: inside a pod nobody answers there. Source:
resolv.conf(5), systemd-resolved(8).
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT = frozenset({"search", "domain", "options", "sortlist"})
_NONE = "# The host names no server that a pod could reach.\n"


def pod_resolv_conf(host: str, upstreams: Iterable[str] = ()) -> str:
    """Return the text for a pod.

    `host` is the host's file; `upstreams` are the files in which local forwarders list where they
    forward to, best first: read only if the host's file names a server on loopback.
    """
    named = servers(host)
    reachable = [server for server in named if _is_reachable(server)]
    if len(reachable) < len(named):
        reachable = next(filter(None, map(_reachable, upstreams)), reachable)
    kept = [" ".join(words) for words in _lines(host) if words[0] in _KEPT]
    lines = [f"nameserver {server}" for server in reachable] + kept
    return (
        "".join(f"{line}\n" for line in lines)
        if reachable
        else _NONE + "".join(f"{line}\n" for line in kept)
    )


def servers(text: str) -> list[str]:
    """Return whom a resolv.conf names, as it is written."""
    return [words[1] for words in _lines(text) if words[0] == "nameserver"]


def _lines(text: str) -> list[list[str]]:
    """Return the words of each line that says something."""
    rows = (line.split() for line in text.splitlines())
    return [words for words in rows if len(words) > 1 and words[0][0] not in "#;"]


def _reachable(text: str) -> list[str]:
    return [server for server in servers(text) if _is_reachable(server)]


def _is_reachable(server: str) -> bool:
    """Return whether a pod can ask it: not loopback, not on one of the host's own links."""
    try:
        address = ip_address(server)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return not (address.is_loopback or address.is_unspecified)
