"""Judges all that was seen, and chooses what concerns a step of a pod's birth that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.model.doctor import Check, Finding, Level
from minipod.plan import lifecycle
from minipod.plan.host_checks import (
    firewall,
    kernel,
    leftovers,
    limits,
    resolver,
    rights,
    routing,
    storage,
)
from minipod.plan.host_checks.verdict import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.model.host_facts import HostFacts

_NEEDS_ROOT = "Only root may look, or a part of the kernel does not answer."
_PROCESSES = frozenset(
    {Check.ROOT, Check.PID_MAX, Check.THREADS_MAX, Check.CGROUP_PIDS, Check.FILE_MAX, Check.DISK}
)
_NAMESPACES = _PROCESSES | {Check.OPEN_FILES, Check.RUN_FOLDER, Check.PROC, Check.PIDFD}
_LINKS = frozenset({Check.ROOT, Check.POD_ROOM, Check.IP_FORWARD, Check.ROUTE_OVERLAP})
_CONCERNED = {
    lifecycle.AssignAddress: _NAMESPACES | _LINKS,
    lifecycle.CreateSandbox: _NAMESPACES,
    lifecycle.Wire: _LINKS | {Check.NEIGHBOURS},
    lifecycle.StartContainer: _PROCESSES,
}
"""What may be the cause when a step fails. The first pod's address builds the whole network."""


def judge(seen: HostFacts) -> list[Finding]:
    """Return the findings of every check whose facts are there, in the order of checks."""
    return _in_order(_judged(seen))


def complete(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, with one for each check that nothing was seen of."""
    found = list(findings)
    missing = {*Check} - {finding.check for finding in found}
    found += [unknown(check, "could not be looked at", _NEEDS_ROOT) for check in missing]
    return _in_order(found)


def hints(step: type[lifecycle.Step], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what may be why a step failed: what fails, and only without that what warns."""
    concerned = _CONCERNED.get(step, frozenset())
    relevant = [finding for finding in findings if finding.check in concerned]
    for level in (Level.FAIL, Level.WARN):
        found = tuple(finding for finding in relevant if finding.level is level)
        if found:
            return found
    return ()


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    order = list(Check)
    return sorted(findings, key=lambda finding: order.index(finding.check))


def _judged(seen: HostFacts) -> Iterator[Finding]:
    yield rights.root(seen.rights)
    yield rights.proc(seen.rights, seen.proc)
    yield from limits.judge(seen.limits, seen.root)
    yield from storage.judge(seen.storage)
    if seen.trials is not None:
        yield from kernel.features(seen.trials, seen.rights)
    if seen.routing is not None:
        yield from routing.judge(seen.routing, seen.root)
    if seen.firewall is not None and seen.routing is not None:
        yield from firewall.judge(seen.firewall, seen.routing)
    if seen.resolver is not None:
        yield resolver.judge(seen.resolver)
    if seen.leftovers is not None:
        yield from leftovers.judge(seen.leftovers)
