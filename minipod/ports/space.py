"""The port space of one pod, as one value: its sockets, and to whom each belongs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from minipod.model.pod import Pod, Protocol
from minipod.model.sockets import Holder, Socket

if TYPE_CHECKING:
    from minipod.model.binds import BindCall


class PodPorts(msgspec.Struct, frozen=True):
    """A pod, its sockets, and what says to whom they belong.

    `groups` maps the id of a control group to the container's name; `members` a pid to its
    container's name, for sockets whose group is not known; `holders` the inode of a socket to the
    processes that have it open, in the order in which they started. `whole` tells whether TCP
    sockets that are bound and silent are among the sockets.
    """

    pod: Pod
    sockets: tuple[Socket, ...] = ()
    groups: Mapping[int, str] = {}
    members: Mapping[int, str] = {}
    holders: Mapping[int, tuple[Holder, ...]] = {}
    whole: bool = True

    def container(self, socket: Socket) -> str | None:
        """Return the container that a socket was made in, dead or alive; else that of a holder."""
        if socket.cgroup in self.groups:
            return self.groups[socket.cgroup]
        held_by = (self.members.get(holder.pid) for holder in self.holders.get(socket.inode, ()))
        return next(filter(None, held_by), None)

    def container_of(self, call: BindCall) -> str | None:
        """Return the container that a recorded call was made in, dead or alive."""
        by_group = self.groups.get(call.cgroup) if call.cgroup is not None else None
        return by_group or self.members.get(call.pid)

    def holder(self, socket: Socket) -> Holder | None:
        """Return the process that a socket is told to be of: of several the oldest opened it."""
        return next(iter(self.holders.get(socket.inode, ())), None)

    def declared(self) -> dict[str, set[tuple[Protocol, int]]]:
        """Return what each container declares."""
        return {
            container.name: {(port.protocol, port.container_port) for port in container.ports}
            for container in self.pod.spec.containers
        }
