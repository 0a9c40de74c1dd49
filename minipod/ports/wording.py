"""The sentences that tell of a conflict: who was refused what, who has it, and why they collide."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from minipod.model.binds import Call
from minipod.model.conflicts import Rule
from minipod.model.sockets import SocketState
from minipod.ports.wayout import is_clients

if TYPE_CHECKING:
    from datetime import tzinfo

    from minipod.model.binds import BindCall
    from minipod.model.pod import Protocol
    from minipod.ports.holders import Found

_LONGEST = 80
_VERBS = {Call.BIND: "bind", Call.LISTEN: "listen on"}

RULES = {
    Rule.SAME_ADDRESS: "Two sockets cannot have one address and port.",
    Rule.WILDCARD: "A wildcard address takes the port on every address of its family.",
    Rule.DUAL_STACK: (
        "An IPv6 wildcard socket also takes the IPv4 port unless it sets IPV6_V6ONLY."
    ),
    Rule.NO_REUSEPORT: "Sockets share a port by SO_REUSEPORT only if every one of them sets it.",
    Rule.OTHER_USER: "Sockets share a port by SO_REUSEPORT only if they belong to one user.",
    Rule.TIME_WAIT: (
        "A connection that has ended keeps its port for a minute (TIME_WAIT)"
        " unless both sockets set SO_REUSEADDR."
    ),
    Rule.SECOND_LISTEN: "By SO_REUSEADDR both could bind, but only one can listen.",
    Rule.UNKNOWN: "Which address was wanted, this kernel does not let minipod see.",
}
"""The rules of the kernel, for people; `why` has those that need more than the rule."""


def party(container: str | None, pid: int | None, words: str | None) -> str:
    """Return who somebody is: container "web" (pid 7, python3 app.py); long words are cut."""
    who = f'container "{container}"' if container is not None else "a process"
    return who + _described(pid, words)


def endpoint(address: str | None, port: int | None, protocol: Protocol | None = None) -> str:
    """Return where a socket is: 0.0.0.0:8080/tcp, [::]:8080, port 8080/udp, its address."""
    if port is None:
        return "its address"
    host = "port " if address is None else f"[{address}]:" if ":" in address else f"{address}:"
    return f"{host}{port}" + (f"/{protocol.lower()}" if protocol is not None else "")


def refused(call: BindCall, container: str | None, protocol: Protocol | None) -> str:
    """Return the first half of a conflict's sentence."""
    loser = party(container, call.pid, call.command or call.name)
    return f"{loser} cannot {_VERBS[call.call]} {endpoint(call.address, call.port, protocol)}"


def holds(found: Found, port: int, call: BindCall, loser: str | None, zone: tzinfo | None) -> str:
    """Return the second half: who holds it, where, and since when in local time (`zone`)."""
    since = f" since {_clock(found.since, call.time, zone)}" if found.since is not None else ""
    gone = ", and gone by now" if found.gone else ""
    place = _place(found, port)
    if found.pid is None:
        of = f', of container "{found.container}"' if found.container is not None else ""
        return f"held by {_UNOWNED[found.binding.state]} {place}{of}{since}{gone}"
    if found.pid == call.pid:
        who = "the process itself,"
    elif found.container is not None and found.container == loser:
        who = "the container itself" + _described(found.pid, found.words)
    else:
        who = party(found.container, found.pid, found.words)
    return f"held by {who} {_DOING[found.binding.state]} {place}{since}{gone}"


def why(found: Found, port: int) -> str:
    """Return the rule of the kernel, for people."""
    if found.rule is not Rule.CLIENT_PORT:
        return RULES[found.rule]
    if is_clients(found, port):
        return "The kernel gave the port to a client: it is the local port of its connection."
    return (
        "A connection keeps its local port until it is closed, also when nobody listens any more,"
        " unless both sockets set SO_REUSEADDR."
    )


_DOING = {
    SocketState.LISTENING: "listening on",
    SocketState.BOUND: "bound to",
    SocketState.CONNECTING: "connecting from",
    SocketState.CONNECTED: "connected from",
    SocketState.CLOSING: "closing its connection from",
    SocketState.TIME_WAIT: "in TIME_WAIT at",
}
_UNOWNED = {
    SocketState.LISTENING: "a socket listening on",
    SocketState.BOUND: "a socket bound to",
    SocketState.CONNECTING: "a connection that opens, from",
    SocketState.CONNECTED: "a connection from",
    SocketState.CLOSING: "a connection that closes, from",
    SocketState.TIME_WAIT: "a connection that has ended, from",
}


def _described(pid: int | None, words: str | None) -> str:
    brief = " ".join((words or "").split())  # a program given by -c may have many lines
    if len(brief) > _LONGEST:
        brief = brief[: _LONGEST - 1] + "…"
    known = ", ".join(filter(None, (f"pid {pid}" if pid is not None else "", brief)))
    return f" ({known})" if known else ""


def _place(found: Found, port: int) -> str:
    place = endpoint(found.binding.address, port)
    return f"{place} to {endpoint(*found.peer)}" if found.peer is not None else place


def _clock(seconds: float, now: float, zone: tzinfo | None) -> str:
    """Return the time of the day, with the date if it was another day."""
    then, today = datetime.fromtimestamp(seconds, zone), datetime.fromtimestamp(now, zone)
    return then.strftime("%H:%M:%S" if then.date() == today.date() else "%Y-%m-%d %H:%M:%S")
