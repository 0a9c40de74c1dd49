"""Kernel settings of the host's own network namespace, and those that a router of ours gets."""

from __future__ import annotations

from pathlib import Path

from minipod.errors import HostError

FORWARDING = "net/ipv4/ip_forward"
BRIDGED = "net/bridge/bridge-nf-call-iptables"
_FOLDER = Path("/proc/sys")
_IPV6 = "net/ipv6"


def read(name: str) -> str:
    """Return a setting, as "net/ipv4/ip_forward". HostError."""
    try:
        return (_FOLDER / name).read_text(encoding="ascii").strip()
    except OSError as error:
        raise HostError(f"cannot read {_FOLDER / name}: {error.strerror}") from error


def write(name: str, value: str) -> None:
    """Change a setting of the host. HostError."""
    try:
        (_FOLDER / name).write_text(value, encoding="ascii")
    except OSError as error:
        raise HostError(f"cannot write {value} to {_FOLDER / name}: {error.strerror}") from error


def silence(link: str) -> None:
    """Keep one of the host's links free of IPv6: no addresses, no chatter."""
    if _has_ipv6():
        write(f"{_IPV6}/conf/{link}/disable_ipv6", "1")


def route_loopback(link: str, *, on: bool) -> None:
    """Let packets of 127.0.0.0/8 take one of the host's links, or not (the kernel's default)."""
    write(f"net/ipv4/conf/{link}/route_localnet", "1" if on else "0")


def router() -> dict[str, str]:
    """Return the settings of a namespace that routes, to be made before it has links.

    No redirects: the way through the fabric is meant. No kind of ICMP error is limited: a packet
    for what is gone shall get one at once. (Of an unreachable route the kernel still sends a burst
    of five to each sender, then one a second: ip_error in net/ipv4/route.c. A limit of 0, instead
    of no kind, takes that burst away on Linux 6.1: inet_peer_xrlim_allow empties the bucket.)
    """
    settings = {
        FORWARDING: "1",
        "net/ipv4/conf/all/send_redirects": "0",
        "net/ipv4/conf/default/send_redirects": "0",
        "net/ipv4/icmp_ratemask": "0",
    }
    if _has_ipv6():
        settings[f"{_IPV6}/conf/all/disable_ipv6"] = "1"  # of links to come, too
    return settings


def routed() -> dict[str, str]:
    """Return the settings by which a bridge's frames are no matter of its namespace's rules.

    With the module br_netfilter, a packet that is led back to the port it came from would be
    taken for a frame, and dropped. Kernels before 5.3 have the setting for the host alone.
    """
    return {BRIDGED: "0"} if (_FOLDER / BRIDGED).exists() else {}


def impatient(link: str) -> dict[str, str]:
    """Return the settings by which a neighbour that does not answer is given up after 0.3 s.

    The kernel's own would be 3 s: three questions, one second apart.
    """
    return {f"net/ipv4/neigh/{link}/retrans_time_ms": "100"}


def _has_ipv6() -> bool:
    return (_FOLDER / _IPV6).is_dir()
