"""A port that a process wanted and did not get: who wanted it, who had it, and why they collide."""

from __future__ import annotations

from enum import StrEnum

import msgspec

KIND = "PortConflict"
"""The kind of the objects that conflicts are kept as."""
GROUP = "minipod.dev"
"""Its group in the API."""


class Rule(StrEnum):
    """Why the kernel lets two sockets not have one port (net/ipv4/inet_connection_sock.c)."""

    SAME_ADDRESS = "SameAddress"
    WILDCARD = "Wildcard"
    """One of the two is the wildcard address, which takes the port on every address."""
    DUAL_STACK = "DualStack"
    """An IPv6 wildcard socket takes the IPv4 port too, unless it sets IPV6_V6ONLY."""
    NO_REUSEPORT = "NoReusePort"
    """Only one of the two has SO_REUSEPORT."""
    OTHER_USER = "OtherUser"
    """Both have SO_REUSEPORT, but they belong to two users."""
    TIME_WAIT = "TimeWait"
    """A connection that has ended holds the port for a minute."""
    CLIENT_PORT = "ClientPort"
    """The port is the local port of a connection."""
    SECOND_LISTEN = "SecondListen"
    """Both could bind, by SO_REUSEADDR, but only one can listen."""
    HOLDER_GONE = "HolderGone"
    """Whoever had the port had let it go when it was looked for."""
    UNKNOWN = "Unknown"
    """What was wanted could not be seen: the holder is who holds a port that the loser declares."""


class Wanted(msgspec.Struct, frozen=True):
    """Who was refused; `address` is the bare IP. None: not known."""

    address: str | None
    container: str | None
    pid: int | None
    command: str | None


class Holding(msgspec.Struct, frozen=True):
    """Who had the port; pid and command are None where no process is left (TIME_WAIT).

    `since` is RFC 3339, None where the kernel's word for it was not heard.
    """

    address: str | None
    container: str | None
    pid: int | None
    command: str | None
    since: str | None


class Conflict(msgspec.Struct, frozen=True):
    """One conflict; as JSON it is what `minipod conflicts -o json` prints.

    `time` is RFC 3339 with fractions of the call; `port` is None only where the mechanism of the
    watcher cannot see it. `explanation` is the sentence for people: both parties, the rule, and a
    way out. `count` is how often the same process was refused the same in a row.
    """

    time: str
    namespace: str
    pod: str
    protocol: str | None
    port: int | None
    family: str | None
    """IPv4 or IPv6: the refused socket's."""
    rule: Rule
    explanation: str
    wanted: Wanted
    holder: Holding | None
    count: int = 1
