"""Which sockets cannot have one port together, and by which rule: the kernel's own algorithm.

Sources: net/ipv4/inet_connection_sock.c (inet_bind_conflict, inet_rcv_saddr_equal), net/ipv4/udp.c
(udp_lib_lport_inuse). Interfaces (SO_BINDTODEVICE) are not looked at.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.conflicts import Rule
from minipod.model.sockets import SocketState

if TYPE_CHECKING:
    from minipod.model.pod import Protocol

_CONNECTION = {SocketState.CONNECTING, SocketState.CONNECTED, SocketState.CLOSING}
_ANY = IPv4Address(0)


class Binding(NamedTuple):
    """A socket's binding to a port, wanted or held; None: not known.

    `state` is what the socket is; of one that wants the port, what it wants to become: bound, or,
    where listen(2) asks, listening.
    """

    state: SocketState
    protocol: Protocol | None
    address: str | None
    v6only: bool | None = None
    reuseaddr: bool | None = None
    reuseport: bool | None = None
    uid: int | None = None


def collision(wanted: Binding, held: Binding) -> Rule | None:
    """Return why the kernel refuses `wanted` a port that `held` has; None: both can have it.

    What is not known counts as colliding: somebody was refused, and may have been so by this one.
    """
    return _rule(wanted, held) if meet(wanted, held) and not _shared(wanted, held) else None


def meet(wanted: Binding, held: Binding) -> bool:
    """Return whether two are reached at one address, so that they must share to be both there."""
    if wanted.protocol and held.protocol and wanted.protocol is not held.protocol:
        return False
    if wanted.address is None or held.address is None:
        return True
    one, other = _reach(wanted.address, wanted.v6only), _reach(held.address, held.v6only)
    if wanted.address == str(_ANY) and _blocks_ipv4(held, other):
        return True
    return _equal(one.ipv4, other.ipv4) or _equal(one.ipv6, other.ipv6)


def _blocks_ipv4(held: Binding, reach: _Reach) -> bool:
    """Return whether a socket keeps 0.0.0.0 from others, though it is an IPv6 connection.

    So it is with a connection of a socket of both families: it has a stand-in for an IPv4 address
    (LOOPBACK4_IPV6 in include/net/ipv6.h), and is not marked as IPv6 only.
    """
    connected = held.state in _CONNECTION or held.state is SocketState.TIME_WAIT
    return connected and reach.ipv6 is not None and not held.v6only


def _shared(wanted: Binding, held: Binding) -> bool:
    """Return whether both are known to share: the kernel lets only those who agree have one port.

    UDP never listens, so SO_REUSEADDR on both always shares; for TCP only until one listens.
    """
    if wanted.reuseaddr and held.reuseaddr and held.state is not SocketState.LISTENING:
        return True
    same_user = held.state is SocketState.TIME_WAIT or (
        wanted.uid is not None and wanted.uid == held.uid
    )
    return bool(wanted.reuseport and held.reuseport and same_user)


def _rule(wanted: Binding, held: Binding) -> Rule:
    if SocketState.LISTENING is wanted.state is held.state:
        return Rule.SECOND_LISTEN
    if held.state is SocketState.TIME_WAIT:
        return Rule.TIME_WAIT
    if held.state in _CONNECTION:
        return Rule.CLIENT_PORT
    if wanted.reuseport and held.reuseport:
        return Rule.OTHER_USER
    if wanted.reuseport or held.reuseport:
        return Rule.NO_REUSEPORT
    return _rule_of_addresses(wanted, held)


def _rule_of_addresses(wanted: Binding, held: Binding) -> Rule:
    if wanted.address is None or held.address is None:
        return Rule.UNKNOWN
    one, other = _reach(wanted.address, wanted.v6only), _reach(held.address, held.v6only)
    if (one.ipv6 is None) is not (other.ipv6 is None):
        return Rule.DUAL_STACK  # they met in IPv4, so the one with IPv6 has both
    if one == other or wanted.address == held.address:
        return Rule.SAME_ADDRESS
    return Rule.WILDCARD


class _Reach(NamedTuple):
    """On which addresses a socket is reached, of either family; the unspecified one: on all."""

    ipv4: IPv4Address | None
    ipv6: IPv6Address | None


def _reach(address: str, v6only: bool | None) -> _Reach:  # noqa: FBT001 - a socket's option
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return _Reach(parsed, None)
    if parsed.ipv4_mapped is not None:
        return _Reach(parsed.ipv4_mapped, None)
    return _Reach(_ANY if parsed.is_unspecified and not v6only else None, parsed)


def _equal(one: IPv4Address | IPv6Address | None, other: IPv4Address | IPv6Address | None) -> bool:
    if one is None or other is None:
        return False
    return one == other or one.is_unspecified or other.is_unspecified
