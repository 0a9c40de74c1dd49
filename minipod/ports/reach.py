"""Who reaches whom: which pod tries which port of which pod, and what each try means."""

from __future__ import annotations

import errno
import os
from enum import Enum, StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    JSON = dict[str, Any]


class Place(NamedTuple):
    """A pod that runs, and its address."""

    namespace: str
    pod: str
    uid: str
    address: str


class Target(NamedTuple):
    """A port on which a pod listens; `listens` are the addresses of the sockets there."""

    place: Place
    protocol: str
    port: int
    listens: frozenset[str]
    declared: bool

    @property
    def localhost_only(self) -> bool:
        """Whether no other pod can reach it."""
        return all(map(is_loopback, self.listens))


def is_loopback(address: str) -> bool:
    """Return whether an address is of 127.0.0.0/8 or ::1, also where IPv6 spells it."""
    ip = ip_address(address)
    mapped = ip.ipv4_mapped if ip.version == 6 else None
    return (mapped or ip).is_loopback


class Attempt(NamedTuple):
    """One pod tries one port."""

    source: Place
    target: Target


class Sign(Enum):
    """What the kernel said of an attempt."""

    ANSWER = "a connection, or a datagram back"
    SILENCE = "nothing, until the time was over"
    ERROR = "an error number"
    UNTRIED = "no socket could be had in the source"


class Outcome(NamedTuple):
    """A sign; with the error number of an ERROR, and why if UNTRIED."""

    sign: Sign
    number: int = 0
    why: str = ""


class Result(StrEnum):
    """What an attempt means. UDP that is silent may be open: only an ICMP error says no."""

    REACHABLE = "reachable"
    SILENT = "open|no answer"
    LOCALHOST_ONLY = "localhost only"
    REFUSED = "refused"
    NO_ANSWER = "no answer"
    UNREACHABLE = "unreachable"
    UNTRIED = "not tried"


class Finding(NamedTuple):
    """An attempt and what it means; `error` is the kernel's word, or None."""

    source: Place
    target: Target
    result: Result
    error: str | None

    @property
    def bad(self) -> bool:
        """Whether a port that should be reachable is not.

        One on localhost only is private, unless its container declares it.
        """
        if self.result is Result.LOCALHOST_ONLY:
            return self.target.declared
        return self.result not in {Result.REACHABLE, Result.SILENT}


def targets(rows: Iterable[JSON], places: Iterable[Place]) -> list[Target]:
    """Return the listening ports of these pods, from the rows of `minipod ports`."""
    by_pod = {(place.namespace, place.pod): place for place in places}
    found: dict[tuple[Place, str, int], list[JSON]] = {}
    for row in rows:
        place = by_pod.get((row["namespace"], row["pod"]))
        if place is not None and row["address"] is not None:
            found.setdefault((place, row["protocol"], row["port"]), []).append(row)
    return [
        Target(*port, frozenset(row["address"] for row in same), any(r["declared"] for r in same))
        for port, same in found.items()
    ]


def attempts(
    places: Iterable[Place], wanted: Iterable[Target], about: Collection[Place] = ()
) -> list[Attempt]:
    """Return every pod with every port; with `about`, only what these pods try or are tried for."""
    wanted = list(wanted)
    return [
        Attempt(source, target)
        for source in places
        for target in wanted
        if not about or source in about or target.place in about
    ]


def finding(attempt: Attempt, outcome: Outcome) -> Finding:
    """Return what an attempt means."""
    source, target = attempt
    result, error = _meaning(target.protocol, outcome)
    if target.localhost_only and result not in {Result.REACHABLE, Result.UNTRIED}:
        result = Result.LOCALHOST_ONLY
    return Finding(source, target, result, error)


def _meaning(protocol: str, outcome: Outcome) -> tuple[Result, str | None]:
    match outcome.sign:
        case Sign.ANSWER:
            return Result.REACHABLE, None
        case Sign.SILENCE:
            return (Result.SILENT if protocol == "UDP" else Result.NO_ANSWER), None
        case Sign.UNTRIED:
            return Result.UNTRIED, outcome.why
        case Sign.ERROR:
            error = os.strerror(outcome.number).lower()
            return _BY_ERROR.get(outcome.number, Result.UNREACHABLE), error


_BY_ERROR = {errno.ECONNREFUSED: Result.REFUSED, errno.ETIMEDOUT: Result.NO_ANSWER}


def as_json(found: Finding) -> JSON:
    """Return a row of `minipod check -o json`."""
    source, target = found.source, found.target
    return {
        "from": {"namespace": source.namespace, "pod": source.pod},
        "to": {"namespace": target.place.namespace, "pod": target.place.pod},
        "address": target.place.address,
        "port": target.port,
        "protocol": target.protocol,
        "result": found.result.value,
        "error": found.error,
    }
