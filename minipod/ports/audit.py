"""What there is to say of a port of a pod, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.model.sockets import Mark, SocketState
from minipod.ports.collision import Binding, meet
from minipod.ports.reach import is_loopback
from minipod.ports.wayout import free_port
from minipod.ports.wording import party

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.model.sockets import Socket
    from minipod.ports.space import PodPorts


class Finding(NamedTuple):
    """A mark, and the words for it; there are none where all is well."""

    mark: Mark
    words: str = ""


def served(
    pod: PodPorts, socket: Socket, together: Iterable[Socket], *, declared: bool
) -> list[Finding]:
    """Return what there is to say of a socket that listens, or is bound for UDP.

    `together` are all sockets of this port and protocol.
    """
    findings = [Finding(Mark.DECLARED) if declared else _UNDECLARED]
    if is_loopback(socket.address):
        findings.append(_loopback_only(socket.address))
    others = [each for each in together if each is not socket and _share(each, socket)]
    if others:
        findings.append(_shared(pod, socket, others))
    return findings


def silent(pod: PodPorts, container: str, together: Iterable[Socket]) -> list[Finding]:
    """Return what there is to say of a port that a container declares and does not listen on."""
    taken = next((each for each in together if each.serves), None)
    if taken is not None:
        return [Finding(Mark.SILENT), _taken(pod, container, taken)]
    if any(each.state is SocketState.TIME_WAIT for each in together):
        return [Finding(Mark.SILENT), _TIME_WAIT]
    return [_SILENT]


_UNDECLARED = Finding(
    Mark.UNDECLARED,
    "The container does not declare it. It works all the same, but whoever reads the manifest does "
    "not know of it: declare it as a containerPort.",
)
_SILENT = Finding(
    Mark.SILENT,
    "Nothing listens: have the program listen there, or take the port out of the manifest.",
)
_TIME_WAIT = Finding(
    Mark.TIME_WAIT,
    "Nothing listens, and connections that have ended hold it (TIME_WAIT): a bind may fail for up "
    "to a minute. Wait, or set SO_REUSEADDR before bind.",
)


def _loopback_only(address: str) -> Finding:
    everywhere = "::" if ":" in address else "0.0.0.0"  # noqa: S104 - advice, nothing is bound
    return Finding(
        Mark.LOOPBACK_ONLY,
        f"It listens on {address} only: other pods cannot reach it. "
        f"Have it listen on {everywhere} or on the pod's address.",
    )


def _taken(pod: PodPorts, container: str, socket: Socket) -> Finding:
    free = free_port(pod, socket.protocol, socket.port)
    example = f" ({free} is free)" if free else ""
    return Finding(
        Mark.TAKEN,
        f"{_holder(pod, socket)} has it: configure one of the two for another port{example}, or "
        f'give "{container}" a pod of its own.',
    )


def _shared(pod: PodPorts, socket: Socket, others: list[Socket]) -> Finding:
    option = "SO_REUSEPORT" if socket.state is SocketState.LISTENING else _UDP_OPTIONS
    names = sorted({_holder(pod, each) for each in others})
    return Finding(
        Mark.SHARED,
        f"Shared with {' and '.join(names)} by {option}: what comes in goes to one of them. "
        "If that is not meant, configure one for another port.",
    )


_UDP_OPTIONS = "SO_REUSEADDR or SO_REUSEPORT"


def _holder(pod: PodPorts, socket: Socket) -> str:
    holder = pod.holder(socket)
    return party(pod.container(socket), holder.pid if holder else None, None)


def _share(one: Socket, other: Socket) -> bool:
    """Return whether two of one port both serve and meet: there being both, they agreed to."""
    return one.serves and other.serves and meet(_binding(one), _binding(other))


def _binding(socket: Socket) -> Binding:
    return Binding(socket.state, socket.protocol, socket.address, socket.v6only)
