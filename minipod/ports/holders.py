"""Who has the port that somebody else wanted: among the pod's sockets, else among the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.model.binds import BindCall, Call
from minipod.model.pod import Protocol
from minipod.model.sockets import SocketState
from minipod.ports.collision import Binding, collision, meet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from minipod.model.conflicts import Rule
    from minipod.model.sockets import Peer, Socket
    from minipod.ports.space import PodPorts

_LIKELIEST = (
    SocketState.LISTENING,
    SocketState.BOUND,
    SocketState.CONNECTED,
    SocketState.CONNECTING,
    SocketState.CLOSING,
    SocketState.TIME_WAIT,
)
"""A listener before its connections, and what lives before what has ended."""


class Found(NamedTuple):
    """The holder of a port. `since` is in seconds since the epoch, None where it is not recorded.

    `words` is its command line, or where only its name was recorded, that: then `command` is None.
    `served` tells of a connection whether its port was bound or listened on, not a client's that
    the kernel chose.
    """

    rule: Rule
    binding: Binding
    container: str | None
    pid: int | None
    command: str | None
    words: str | None
    since: float | None
    peer: Peer | None = None
    served: bool = False
    gone: bool = False


def find(call: BindCall, space: PodPorts, bindings: Iterable[BindCall]) -> Found | None:
    """Return the holder that `call` failed for: of several that collide the likeliest one.

    `space` is as soon after the call as can be, `bindings` what the watcher recorded of the pod.
    If nothing collides any more it is the newest recorded socket that did, told as gone.
    """
    taken = [each for each in bindings if not each.failed and each.port == call.port]
    earlier = sorted((each for each in taken if each.time <= call.time), key=lambda each: each.time)
    later = {each.inode for each in taken if each.time > call.time and each.call is Call.BIND}
    sockets = [
        each
        for each in space.sockets
        if each.port == call.port and not _is_own(each, call) and each.inode not in later
    ]
    likeliest = sorted(sockets, key=lambda each: _likelihood(each, space))
    living = (_living(call, each, space, earlier) for each in likeliest)
    return next(filter(None, living), None) or _gone(call, space, earlier)


def _is_own(socket: Socket, call: BindCall) -> bool:
    """Return whether it may be the loser's own socket: one whose listen fails is bound."""
    if call.call is Call.LISTEN and socket.state is not SocketState.LISTENING:
        return True
    return call.inode is not None and call.inode == socket.inode


def _likelihood(socket: Socket, space: PodPorts) -> tuple[int, bool, int]:
    holder = space.holder(socket)
    order = _LIKELIEST.index(socket.state)
    return order, space.container(socket) is None, holder.pid if holder else 0


def _wanted(call: BindCall) -> Binding:
    state = SocketState.BOUND if call.call is Call.BIND else SocketState.LISTENING
    return _recorded(call, state)


def _recorded(call: BindCall, state: SocketState) -> Binding:
    return Binding(
        state, call.protocol, call.address, call.v6only, call.reuseaddr, call.reuseport, call.uid
    )


def _living(
    call: BindCall, socket: Socket, space: PodPorts, earlier: Sequence[BindCall]
) -> Found | None:
    records = [each for each in earlier if _made(each, socket, space)]
    binding = Binding(
        socket.state,
        socket.protocol,
        socket.address,
        socket.v6only,
        _newest(each.reuseaddr for each in records),
        _newest(each.reuseport for each in records),
        socket.uid if socket.inode else None,
    )
    rule = collision(_wanted(call), binding)
    if rule is None:
        return None
    record = records[-1] if records else None
    holder = space.holder(socket)
    former = _former(binding, earlier)
    container = space.container(socket)
    if container is None and not socket.inode and former is not None:
        container = space.container_of(former)
    return Found(
        rule,
        binding,
        container,
        pid=holder.pid if holder else record.pid if record else None,
        command=holder.command if holder else record.command if record else None,
        words=holder.command if holder else _words(record) if record else None,
        since=record.time if record else None,
        peer=socket.peer,
        served=former is not None,
    )


def _made(record: BindCall, socket: Socket, space: PodPorts) -> bool:
    """Return whether a record tells of this socket: by its inode, else by all else that is told."""
    if record.inode is not None:
        return record.inode == socket.inode != 0
    holders = space.holders.get(socket.inode, ())
    return (
        record.protocol in {socket.protocol, None}
        and record.address == socket.address
        and record.pid in {holder.pid for holder in holders}
    )


def _newest(told: Iterable[bool | None]) -> bool | None:
    known = [each for each in told if each is not None]
    return known[-1] if known else None


def _former(binding: Binding, earlier: Sequence[BindCall]) -> BindCall | None:
    """Return who took a port last for itself: a connection may be what is left of that."""
    reached = (each for each in earlier[::-1] if meet(_recorded(each, SocketState.BOUND), binding))
    return next(reached, None)


def _gone(call: BindCall, space: PodPorts, earlier: Sequence[BindCall]) -> Found | None:
    for record in reversed(earlier):
        listens = record.call is Call.LISTEN
        binding = _recorded(record, SocketState.LISTENING if listens else SocketState.BOUND)
        rule = collision(_wanted(call), binding)
        if rule is not None:
            return Found(
                rule,
                binding,
                space.container_of(record),
                record.pid,
                record.command,
                _words(record),
                record.time,
                gone=space.whole
                or binding.protocol is Protocol.UDP
                or not _may_last(record, space),
            )
    return None


def _may_last(record: BindCall, space: PodPorts) -> bool:
    """Return whether a socket may be there though the kernel does not tell: bound and silent."""
    return record.call is Call.BIND and record.pid in space.members


def _words(record: BindCall) -> str:
    return record.command or record.name
