"""The local side of a port-forward: what was asked for, and sockets that listen."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, NamedTuple

from minipod.client.text.words import reason
from minipod.client.views import podview
from minipod.errors import BadRequest, HostError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_BACKLOG = 128
_LOCALHOST = ("127.0.0.1", "::1")
_HIGHEST = 65535


class Ports(NamedTuple):
    """What was asked for: a local port (None: the same), and the pod's, a number or a name."""

    local: int | None
    remote: str


class Forward(NamedTuple):
    """A local port, 0 for any free one, and the pod's port."""

    local: int
    remote: int


class Listener(NamedTuple):
    """A listening, non-blocking socket for one address and one forward."""

    socket: socket.socket
    address: str
    local: int
    remote: int

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.local} -> {self.remote}"


def asked(port: int | str | Ports) -> Ports:
    """Return what a port means, read already or not. ValueError."""
    return port if isinstance(port, Ports) else parse(str(port))


def parse(text: str) -> Ports:
    """Read `LOCAL:REMOTE`, `REMOTE` or `:REMOTE`. ValueError if it is none of them."""
    local, colon, remote = text.rpartition(":")
    if not remote or (remote.isdecimal() and not 0 < int(remote) <= _HIGHEST):
        raise ValueError(f'"{remote}" is not a port of a pod: give a name or 1 to {_HIGHEST}')
    if not colon:
        return Ports(None, remote)
    if local and not (local.isdecimal() and int(local) <= _HIGHEST):
        raise ValueError(f'"{local}" is not a local port: give 1 to {_HIGHEST}, or nothing')
    return Ports(int(local or 0), remote)


def resolve(ports: Ports, pod: dict[str, Any]) -> Forward:
    """Return the ports' numbers. BadRequest if the pod declares no port of that name."""
    remote = podview.port_number(pod, ports.remote)
    return Forward(remote if ports.local is None else ports.local, remote)


def addresses(given: Iterable[str]) -> list[str]:
    """Return the IP addresses of `--address`, "localhost" as both of its own."""
    found = [address for part in given for address in part.split(",") if address]
    return [
        ip for address in found for ip in (_LOCALHOST if address == "localhost" else (address,))
    ]


def listen(wanted: Iterable[Forward], ips: Iterable[str]) -> list[Listener]:
    """Return listening sockets, all or none.

    HostError if a port is taken, BadRequest if an address is none. A machine without IPv6 has
    no ::1: that alone is passed over when there is another address.
    """
    ips = list(ips)
    listeners: list[Listener] = []
    try:
        for forward in wanted:
            for listener in _listen_all(forward, ips):
                listeners.append(listener)  # noqa: PERF402 (kept one by one: the next may fail)
    except BaseException:
        for listener in listeners:
            listener.socket.close()
        raise
    return listeners


def _listen_all(forward: Forward, ips: list[str]) -> Iterator[Listener]:
    local, heard = forward.local, False
    for position, ip in enumerate(ips):
        try:
            listening = _bind(ip, local)
        except OSError as error:
            more = heard or position + 1 < len(ips)
            if ip == "::1" and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) and more:
                continue
            raise _refused(ip, local, error) from error
        heard = True
        local = listening.getsockname()[1]
        yield Listener(listening, ip, local, forward.remote)


def _bind(ip: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        socket.inet_pton(family, ip)  # without it, bind would ask the resolver for a name
    except OSError as error:
        raise BadRequest(f'"{ip}" is not an IP address') from error
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((ip, port))
        listening.listen(_BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


def _refused(ip: str, port: int, error: OSError) -> HostError:
    message = f"unable to listen on port {port}: {ip}: {reason(error)}"
    if error.errno == errno.EADDRINUSE and (holder := _holder(port)):
        message += f", held by {holder}"
    return HostError(message)


def _holder(port: int) -> str | None:
    """Return who listens on a port of the host, in words, or None if that cannot be seen."""
    import psutil  # noqa: PLC0415 (needed by few, and slow to import)

    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
            try:
                return f"{psutil.Process(one.pid).name()} (pid {one.pid})"
            except psutil.Error:
                return f"pid {one.pid}"
    return None
