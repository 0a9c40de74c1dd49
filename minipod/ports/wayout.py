"""The way out of a conflict: another port, another container to configure, or two pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.model.conflicts import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.model.pod import Protocol
    from minipod.ports.holders import Found
    from minipod.ports.space import PodPorts

EPHEMERAL = range(32768, 61000)
"""The ports that the kernel gives to clients: net.ipv4.ip_local_port_range, which pods inherit."""

_PRIVILEGED = 1024
_NEAR = 50
_REUSE = "set SO_REUSEADDR on both sockets before bind"


def near(port: int) -> range:
    """Return the ports among which a free one is looked for."""
    return range(max(port - _NEAR, 1), min(port + _NEAR, 65535) + 1)


def free_port(space: PodPorts, protocol: Protocol | None, port: int) -> int | None:
    """Return a port near one that no socket of the pod holds and no container declares.

    None if there is none near; ports that clients may get are none.
    """
    taken = {each.port for each in space.sockets if protocol in {each.protocol, None}}
    for declared in space.declared().values():
        taken |= {number for kind, number in declared if protocol in {kind, None}}
    return next((each for each in _candidates(port) if each not in taken), None)


def _candidates(port: int) -> Iterator[int]:
    """Yield the ports near one, the higher ones first."""
    around = near(port)
    for each in (*range(port + 1, around.stop), *range(port - 1, around.start - 1, -1)):
        if each not in EPHEMERAL and (each >= _PRIVILEGED) is (port >= _PRIVILEGED):
            yield each


def is_clients(found: Found, port: int) -> bool:
    """Return whether the kernel chose the port for a client, which neither bound it nor served."""
    return port in EPHEMERAL and not found.served


def advice(
    loser: str | None, pid: int | None, port: int, found: Found | None, space: PodPorts
) -> str:
    """Return what to do about a conflict, in one sentence or two.

    `loser` is the container that was refused, `pid` its process, None where that was not seen.
    """
    if found is None or found.gone:
        return "It may be free now: a restart tries again."
    protocol = found.binding.protocol
    free = free_port(space, protocol, port)
    example = f" ({free} is free)" if free else ""
    itself = pid is not None and pid == found.pid
    if itself:
        general = f"Close that socket first, or bind another port{example}."
    else:
        general = _general(loser, port, found, space, example)
    match found.rule:
        case Rule.TIME_WAIT:
            return f"Wait up to a minute, or {_REUSE}."
        case Rule.CLIENT_PORT if is_clients(found, port):
            first, last = EPHEMERAL[0], EPHEMERAL[-1]
            return f"Pick a port outside the ephemeral range {first}-{last}{example}."
        case Rule.CLIENT_PORT if itself:
            return f"Close that connection first, or {_REUSE}."
        case Rule.CLIENT_PORT:
            return f"Wait until the connection is closed, or {_REUSE}. {general}"
        case Rule.NO_REUSEPORT | Rule.OTHER_USER if found.container != loser:
            shared = "set it in both" if found.rule is Rule.NO_REUSEPORT else "run both as one user"
            return f"To share the port, {shared}. {general}"
        case Rule.DUAL_STACK if found.container != loser:
            return f"If each is meant for its own family, set IPV6_V6ONLY. {general}"
    return general


def _general(loser: str | None, port: int, found: Found, space: PodPorts, example: str) -> str:
    """Return who is to be configured anew: who does not declare the port, else the loser."""
    if loser is not None and loser == found.container:
        return f"End the other process first, or give one of the two another port{example}."
    declared = space.declared()
    wanted = (found.binding.protocol, port)
    loser_declares = loser is not None and wanted in declared.get(loser, ())
    holder_declares = found.container is not None and wanted in declared.get(found.container, ())
    if loser_declares and not holder_declares and found.container is not None:
        return (
            f'Configure "{found.container}", which does not declare it, for another port{example}.'
        )
    who = f'"{loser}"' if loser is not None else "the process"
    other = f"Configure {who} for another port{example}"
    if loser_declares and holder_declares:
        pods = "Both declare it, so they belong in two pods: each has a port space of its own."
        return f"{pods} {other}."
    return f"{other}; if both need this one, they belong in two pods."
