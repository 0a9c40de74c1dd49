"""What a bind or listen that failed, or a container that ended, says of the pod's port space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.model.conflicts import Conflict, Holding, Rule, Wanted
from minipod.model.times import micro_timestamp
from minipod.ports import wording
from minipod.ports.collision import Binding
from minipod.ports.holders import Found, find
from minipod.ports.wayout import EPHEMERAL, advice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from minipod.model.binds import BindCall
    from minipod.model.pod import Protocol
    from minipod.ports.space import PodPorts

_FAMILIES = {4: "IPv4", 6: "IPv6"}


def explain(
    call: BindCall, space: PodPorts, bindings: Iterable[BindCall], zone: tzinfo | None
) -> Conflict:
    """Return the conflict that a failed call tells of.

    `space` is the pod's port space as soon after the call as can be; `bindings` the successful
    calls that the watcher recorded in the pod, those of sockets that are closed by now too. Times
    of the day in the sentence are of `zone`; None: of the machine's.
    """
    loser = space.container_of(call)
    if call.port is None:
        return _unseen(call, loser, space)
    if call.port == 0:
        return _exhausted(call, loser, space)
    found = find(call, space, bindings)
    protocol = call.protocol or (found.binding.protocol if found else None)
    refused = wording.refused(call, loser, protocol)
    if found is None:
        cause = "whoever held it had let it go when minipod looked"
        sentences = [f"{refused}: {cause}."]
    else:
        cause = wording.holds(found, call.port, call, loser, zone)
        sentences = [f"{refused}: {cause}.", wording.why(found, call.port)]
    sentences.append(advice(loser, call.pid, call.port, found, space))
    return _conflict(call, loser, space, found, protocol, " ".join(sentences))


def suspect(container: str, exit_code: int, space: PodPorts, time: float) -> Conflict | None:
    """Return the conflict that a container probably ended for, where no watcher saw its calls.

    It declares a port that a socket of another container holds. None: there is no such port.
    """
    held = _taken_from(container, space)
    if held is None:
        return None
    port, found = held
    protocol = found.binding.protocol
    holder = wording.party(found.container, found.pid, found.words)
    explanation = (
        f'container "{container}" exited with code {exit_code}, and declares '
        f"{wording.endpoint(None, port, protocol)}, which is held by {holder} on "
        f"{wording.endpoint(found.binding.address, port)}. "
        f"{advice(container, None, port, found, space)}"
    )
    return Conflict(
        time=micro_timestamp(time),
        namespace=space.pod.metadata.namespace,
        pod=space.pod.metadata.name,
        protocol=protocol.value if protocol else None,
        port=port,
        family=None,
        rule=found.rule,
        explanation=explanation,
        wanted=Wanted(None, container, None, None),
        holder=_holding(found),
    )


def _exhausted(call: BindCall, loser: str | None, space: PodPorts) -> Conflict:
    """Return the conflict of one who would have had any port: bind to port 0."""
    first, last = EPHEMERAL[0], EPHEMERAL[-1]
    refused = wording.refused(call, loser, call.protocol)
    explanation = (
        f"{refused}: any port would do, and none is left of those that it may be given "
        f"({first}-{last}, unless set otherwise). Close sockets, or widen "
        "net.ipv4.ip_local_port_range."
    )
    return _conflict(call, loser, space, None, call.protocol, explanation)


def _unseen(call: BindCall, loser: str | None, space: PodPorts) -> Conflict:
    """Return a conflict of which the watcher cannot see the port."""
    refused = wording.refused(call, loser, call.protocol)
    sentences = [f"{refused}: it is in use. Which one, this kernel does not let minipod see."]
    held = _taken_from(loser, space) if loser is not None else None
    if held is None:
        sentences.append(f"`minipod ports {space.pod.metadata.name}` shows who holds which.")
        return _conflict(call, loser, space, None, call.protocol, " ".join(sentences))
    port, found = held
    place = wording.endpoint(None, port, found.binding.protocol)
    holder = wording.party(found.container, found.pid, found.words)
    sentences.append(f"Of those that the container declares, {place} is held by {holder}.")
    sentences.append(advice(loser, call.pid, port, found, space))
    return _conflict(call, loser, space, found, call.protocol, " ".join(sentences))


def _taken_from(container: str, space: PodPorts) -> tuple[int, Found] | None:
    """Return a declared port of a container that another one's socket holds, and that socket."""
    declared = space.declared().get(container, set())
    for socket in space.sockets:
        owner = space.container(socket)
        port = (socket.protocol, socket.port)
        if socket.serves and port in declared and owner not in {container, None}:
            holder = space.holder(socket)
            command = holder.command if holder else None
            return socket.port, Found(
                Rule.UNKNOWN,
                Binding(socket.state, socket.protocol, socket.address, socket.v6only),
                owner,
                holder.pid if holder else None,
                command,
                command,
                since=None,
            )
    return None


def _conflict(
    call: BindCall,
    loser: str | None,
    space: PodPorts,
    found: Found | None,
    protocol: Protocol | None,
    explanation: str,
) -> Conflict:
    missing = {None: Rule.UNKNOWN, 0: Rule.CLIENT_PORT}.get(call.port, Rule.HOLDER_GONE)
    return Conflict(
        time=micro_timestamp(call.time),
        namespace=space.pod.metadata.namespace,
        pod=space.pod.metadata.name,
        protocol=protocol.value if protocol else None,
        port=call.port,
        family=_FAMILIES.get(call.family or 0),
        rule=found.rule if found else missing,
        explanation=explanation,
        wanted=Wanted(call.address, loser, call.pid, call.command),
        holder=_holding(found) if found else None,
        count=call.count,
    )


def _holding(found: Found) -> Holding:
    since = micro_timestamp(found.since) if found.since is not None else None
    return Holding(found.binding.address, found.container, found.pid, found.command, since)
