"""Ports of the machine that lead to a pod: those of its manifest, and those added since."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from minipod.model.pod import Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from minipod.model.pod import Pod
    from minipod.model.sockets import Holder

HOST_PORTS_ANNOTATION: Final = "minipod.dev/host-ports"
EVERY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - the user asks for it, as in Kubernetes

_WRITTEN = re.compile(
    r"(?:(?P<ip>[^:/]+):)?(?P<host>[0-9]{1,6}):(?P<pod>[0-9]{1,6})(?:/(?P<protocol>\w+))?"
)
_MAX_PORT = 65_535


class HostPort(msgspec.Struct, frozen=True):
    """A port of the machine that leads to a port of a pod.

    `host_ip` is 0.0.0.0 where the manifest names none; `container` is empty for a port that was
    added to the running pod.
    """

    protocol: Protocol
    host_ip: str
    host_port: int
    container_port: int
    container: str = ""

    def __str__(self) -> str:
        """Return it as messages name it: `8080/TCP`, `127.0.0.1:8080/TCP`."""
        address = "" if self.host_ip == EVERY_ADDRESS else f"{self.host_ip}:"
        return f"{address}{self.host_port}/{self.protocol}"

    @property
    def key(self) -> str:
        """What may be there once, as Kubernetes writes it: `TCP/0.0.0.0/8080`."""
        return f"{self.protocol}/{self.host_ip}/{self.host_port}"

    @property
    def written(self) -> str:
        """The port as the annotation has it: `8080:80/TCP`, `127.0.0.1:5353:53/UDP`."""
        address = "" if self.host_ip == EVERY_ADDRESS else f"{self.host_ip}:"
        return f"{address}{self.host_port}:{self.container_port}/{self.protocol}"

    @property
    def arrow(self) -> str:
        """The port as people are told of it: `0.0.0.0:8080 -> 80/TCP`."""
        return f"{self.host_ip}:{self.host_port} -> {self.container_port}/{self.protocol}"

    @property
    def opens(self) -> bool:
        """Whether minipod opens it: pods have IPv4 only, and SCTP is not translated."""
        return self.protocol is not Protocol.SCTP and is_ipv4(self.host_ip)

    @property
    def is_udp(self) -> bool:
        """Whether its flows have no end of their own."""
        return self.protocol is Protocol.UDP

    def overlaps(self, other: HostPort) -> bool:
        """Whether both want the same port, by the rule of Kubernetes' scheduler.

        0.0.0.0 is every address (pkg/scheduler/framework: HostPortInfo.CheckConflict).
        """
        if (self.protocol, self.host_port) != (other.protocol, other.host_port):
            return False
        return self.host_ip == other.host_ip or EVERY_ADDRESS in {self.host_ip, other.host_ip}


class Claim(NamedTuple):
    """A host port that a pod has, or wants: `owner` as `default/web`."""

    owner: str
    port: HostPort

    def __str__(self) -> str:
        """Say who it is."""
        if self.port.container:
            return f'pod {self.owner}, container "{self.port.container}"'
        return f"pod {self.owner}, to which it was added"


class Taken(NamedTuple):
    """A host port that cannot be had, and who has it: a claim, or a program of the machine."""

    port: HostPort
    by: Claim | Holder | None

    def __str__(self) -> str:
        """Say both; the title of a sandbox, as of another root, names its pod."""
        if isinstance(self.by, Claim):
            return f"hostPort {self.port} is taken by {self.by}"
        if self.by is None:
            return f"hostPort {self.port} is taken on this machine, by no socket that listens"
        return (
            f"hostPort {self.port} is taken on this machine by pid {self.by.pid} "
            f"({self.by.command})"
        )


def is_ipv4(text: str) -> bool:
    """Return whether a text is an IPv4 address."""
    try:
        return isinstance(ip_address(text), IPv4Address)
    except ValueError:
        return False


def free_near(port: int, taken: Collection[int]) -> int:
    """Return the next port above that is not taken; below, if there is none."""
    above, below = range(port + 1, _MAX_PORT + 1), range(port - 1, 0, -1)
    free = (number for numbers in (above, below) for number in numbers if number not in taken)
    return next(free, port)


def host_ports(pod: Pod) -> tuple[HostPort, ...]:
    """Return the host ports of a valid pod, in the order of its manifest, then those added."""
    declared = tuple(
        HostPort(
            port.protocol,
            port.host_ip or EVERY_ADDRESS,
            port.host_port,
            port.container_port,
            container.name,
        )
        for container in pod.spec.containers
        for port in container.ports
        if port.host_port
    )
    return declared + added(pod.metadata.annotations.get(HOST_PORTS_ANNOTATION, ""))


def added(annotation: str) -> tuple[HostPort, ...]:
    """Return the host ports that an annotation lists. ValueError for one that is none."""
    return tuple(parse(part.strip()) for part in annotation.split(",") if part.strip())


def annotation(ports: Iterable[HostPort]) -> str:
    """Return the annotation that lists these host ports."""
    return ",".join(port.written for port in ports)


def parse(text: str) -> HostPort:
    """Read `[IP:]HOST:POD[/PROTOCOL]`. ValueError, with the reason, if it is not that."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is not [IP:]HOST:POD[/udp]')
    protocol = (found["protocol"] or "TCP").upper()
    if protocol not in ("TCP", "UDP"):
        raise ValueError(f'"{text}": the protocol is tcp or udp, not {found["protocol"]}')
    for name in ("host", "pod"):
        if not 1 <= int(found[name]) <= _MAX_PORT:
            raise ValueError(f'"{text}": a port is 1 to {_MAX_PORT}, not {found[name]}')
    host_ip = found["ip"] or EVERY_ADDRESS
    if not is_ipv4(host_ip):
        raise ValueError(f'"{text}": {host_ip} is not an IPv4 address')
    return HostPort(Protocol(protocol), host_ip, int(found["host"]), int(found["pod"]))
