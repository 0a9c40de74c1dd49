"""Sockets of the machine itself: those that keep host ports for pods, and those in their way."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import psutil

from minipod.errors import StepFailed
from minipod.kernel import processes, sockets
from minipod.model.host_ports import Taken
from minipod.model.pod import Protocol
from minipod.plan.host_ports import occupies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.model.host_ports import HostPort

_BACKLOG = 1
"""Nobody connects: packets for the port are led to the pod."""


def hold(port: HostPort) -> socket.socket:
    """Return a socket that has a port, so that no other program gets it. StepFailed.

    A TCP socket listens: so it shows in `ss -l`, and SO_REUSEADDR, which spares us the wait for
    old connections, does not let anybody else in.
    """
    kind = socket.SOCK_STREAM if port.protocol is Protocol.TCP else socket.SOCK_DGRAM
    bound = socket.socket(socket.AF_INET, kind)
    try:
        if port.protocol is Protocol.TCP:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((port.host_ip, port.host_port))
        if port.protocol is Protocol.TCP:
            bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        why = os.strerror(error.errno or 0)
        if error.errno == errno.EADDRNOTAVAIL:
            why = f"{port.host_ip} is no address of this machine"
        raise StepFailed(f"open hostPort {port}", why, errno=error.errno) from error
    return bound


def taken(ports: Iterable[HostPort]) -> list[Taken]:
    """Return which ports a program of the machine listens on, and which one, as far as it shows.

    It looks through all processes if need be: not for the event loop.
    """
    with sockets.open_here() as diag:
        found = sockets.bound(diag)
    met = {
        port: each
        for port in ports
        if (each := next((s for s in found if occupies(s, port)), None))
    }
    holders = processes.holders([each.inode for each in met.values()], psutil.pids())
    return [
        Taken(port, next(iter(holders.get(each.inode, ())), None)) for port, each in met.items()
    ]


def numbers() -> set[int]:
    """Return the numbers of all ports on which something of the machine listens."""
    with sockets.open_here() as diag:
        return {each.port for each in sockets.bound(diag)}


def addresses() -> set[IPv4Address]:
    """Return the machine's IPv4 addresses."""
    return {
        IPv4Address(address.address)
        for link in psutil.net_if_addrs().values()
        for address in link
        if address.family == socket.AF_INET
    }
