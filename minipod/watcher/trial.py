"""The trial of a mechanism: this process binds, and looks at what is told of it.

Offsets and contexts are the kernel's affair and change: what is not told right is not used.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from minipod.watcher.records import ARGUMENTS_ROOM, Seen, command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Facts = dict[str, Any]

_LOOPBACK, _LOOPBACK6 = "127.0.0.1", "::1"
_IP_FREEBIND, _IPV6_FREEBIND = 15, 78
"""Loopback is down in the watcher's own network namespace; with this one binds all the same."""

_OF_TRACEFS = ("call", "failed", "pid", "name")
_OF_BPF = (*_OF_TRACEFS, "cgroup", "uid")
_OF_ADDRESS = ("family", "address", "port")
_NEVER_COMPARED = ("seq", "time", "count")


class Wrong(Exception):
    """What a mechanism tells wrong; `field` is empty if it is not one field."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class Attempt:
    """One call that was made: all its facts, and the port that was asked for."""

    __slots__ = ("asked", "facts")

    def __init__(self, facts: Facts, asked: int | None = None) -> None:
        self.facts = facts
        self.asked = asked

    @property
    def is_told(self) -> bool:
        """Whether it took a certain port, or failed."""
        return self.asked != 0 or self.facts["failed"]


def as_told_with_kernel_fields(attempts: Sequence[Attempt]) -> Iterator[Facts]:
    """Yield what BPF tells that knows the kernel's structures: all but who asked for any port."""
    yield from (attempt.facts for attempt in attempts if attempt.is_told)


def as_told_without(attempts: Sequence[Attempt]) -> Iterator[Facts]:
    """Yield what BPF tells that does not: it sees only what is asked for."""
    for attempt in attempts:
        if attempt.asked:
            yield _only(attempt, _OF_BPF + _OF_ADDRESS)
        elif attempt.facts["failed"]:
            yield _only(attempt, _OF_BPF)


def as_told_by_tracefs(attempts: Sequence[Attempt]) -> Iterator[Facts]:
    """Yield what the plain tracing interface tells: failures."""
    for attempt in attempts:
        if attempt.facts["failed"]:
            yield _only(attempt, _OF_TRACEFS)


def check(expected: Sequence[Facts], told: Sequence[Seen]) -> None:
    """Raise Wrong with the first thing that is told wrong, or is told and cannot be known."""
    if len(told) != len(expected):
        raise Wrong(f"it tells of {len(told)} calls instead of {len(expected)}")
    for facts, seen in zip(expected, told, strict=True):
        for field in seen.__slots__:
            value, true = getattr(seen, field), facts.get(field)
            if value != true and field not in _NEVER_COMPARED:
                what = f"{facts['call']} that {'failed' if facts['failed'] else 'succeeded'}"
                raise Wrong(f"of a {what} it tells {field} {value!r} instead of {true!r}", field)


def attempt_all(pid: int, cgroup: int) -> list[Attempt]:
    """Bind and listen, with and without success; `pid` is this process's, as /proc shows it."""
    own = _own_facts(pid, cgroup)
    attempts: list[Attempt] = []
    with _tcp(reuse=True) as first, _tcp(reuse=True) as second, _tcp(reuse=False) as third:
        attempts.append(_bind(own, first, (_LOOPBACK, 0)))
        port = first.getsockname()[1]
        attempts += [_bind(own, each, (_LOOPBACK, port)) for each in (second, third)]
        attempts += [_listen(own, each) for each in (first, second)]
    with suppress(OSError), _udp6() as sixth:  # there may be no IPv6
        attempts.append(_bind(own, sixth, (_LOOPBACK6, port)))
    return attempts


def _own_facts(pid: int, cgroup: int) -> Facts:
    with open("/proc/self/cmdline", "rb") as file:
        arguments = file.read()
    with open("/proc/self/comm", encoding="utf-8") as file:
        name = file.read().rstrip("\n")
    return {
        "pid": pid,
        "name": name,
        "command": command_line(arguments[:ARGUMENTS_ROOM], len(arguments)),
        "cgroup": cgroup,
        "uid": os.geteuid(),
        "netns": os.stat("/proc/self/ns/net").st_ino,
    }


def _tcp(*, reuse: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    return made


def _udp6() -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    made.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return made


def _bind(own: Facts, made: socket.socket, address: tuple[str, int]) -> Attempt:
    try:
        made.bind(address)
    except OSError:
        taken = {"failed": True, "address": address[0], "port": address[1]}
    else:
        taken = {"failed": False, "address": address[0], "port": made.getsockname()[1]}
    return Attempt({"call": "bind", **own, **_options(made), **taken}, asked=address[1])


def _listen(own: Facts, made: socket.socket) -> Attempt:
    address, port, *_ = made.getsockname()
    failed = False
    try:
        made.listen()
    except OSError:
        failed = True
    taken = {"failed": failed, "address": address, "port": port}
    return Attempt({"call": "listen", **own, **_options(made), **taken})


def _options(made: socket.socket) -> Facts:
    def option(name: int) -> bool:
        return bool(made.getsockopt(socket.SOL_SOCKET, name))

    internet6 = made.family == socket.AF_INET6
    only = made.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) if internet6 else None
    return {
        "protocol": "TCP" if made.type == socket.SOCK_STREAM else "UDP",
        "family": 6 if internet6 else 4,
        "inode": os.fstat(made.fileno()).st_ino,
        "reuseaddr": option(socket.SO_REUSEADDR),
        "reuseport": option(socket.SO_REUSEPORT),
        "v6only": None if only is None else bool(only),
    }


def _only(attempt: Attempt, fields: Sequence[str]) -> Facts:
    return {field: attempt.facts[field] for field in fields}
