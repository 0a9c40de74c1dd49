"""How the machine routes what is for pods, and what comes from them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from minipod.model.doctor import Check
from minipod.plan.host_checks.verdict import fail, ok, warn

if TYPE_CHECKING:
    from minipod.model.doctor import Finding
    from minipod.model.host_facts import Overlap, Routing

_STRICT = 1
_BEFORE_ALL = 1
"""The preference of a rule that is asked before those of VPNs, and after local addresses."""


def judge(seen: Routing, root: str) -> list[Finding]:
    """Judge all of it; `root` is the folder whose pods are meant."""
    return [*_overlap(seen, root), _policy(seen), _rp_filter(seen), _forwarding(seen)]


def _overlap(seen: Routing, root: str) -> list[Finding]:
    """Judge routes of others into the pod network."""
    if not seen.overlaps:
        return [ok(Check.ROUTE_OVERLAP, f"no route of others leads into {seen.cluster}")]
    if not seen.claimed and not seen.asked and seen.free is not None:
        taken = ", ".join(map(_named, seen.overlaps))
        seen_as = f"{taken} overlaps {seen.cluster}: pods get addresses of {seen.free} instead"
        return [ok(Check.ROUTE_OVERLAP, seen_as)]
    return [_overlapping(seen, each, root) for each in seen.overlaps]


def _policy(seen: Routing) -> Finding:
    """Judge whether the kernel sends what is for a pod by minipod's link, for all rules."""
    if seen.way is None:
        return ok(Check.POLICY_ROUTING, "there is no way to pods yet: this root has none")
    if not _is_astray(seen):
        return ok(Check.POLICY_ROUTING, f"{seen.way.address} is reached by {seen.way.link}")
    return fail(
        Check.POLICY_ROUTING,
        f"{seen.way.address} is sent by {seen.way.link or 'no link'}, not by {seen.link}",
        "A routing rule is asked before the table that has the way to pods: a VPN's, most likely. "
        "The machine does not reach pods, and their answers from the outside are lost.",
        _rule(seen),
    )


def _rp_filter(seen: Routing) -> Finding:
    """Judge whether the kernel takes packets of pods for forged ones."""
    name = f"net.ipv4.conf.{seen.link}.rp_filter"
    if seen.rp_filter is None:
        return ok(Check.RP_FILTER, f"this root has no link {seen.link} yet")
    if seen.rp_filter != _STRICT:
        return ok(Check.RP_FILTER, f"{name} is {seen.rp_filter}: not strict")
    if not _is_astray(seen):
        return ok(Check.RP_FILTER, f"{name} is strict, and the way back to pods is that link")
    return fail(
        Check.RP_FILTER,
        f"{name} is strict, and the way back to pods is not {seen.link}",
        "The kernel drops what pods send: it takes the sender for forged.",
        _rule(seen),
    )


def _forwarding(seen: Routing) -> Finding:
    """Judge whether the machine forwards between pods and the outside, or will."""
    value = f"net.ipv4.ip_forward is {seen.forwarding or 'not to be seen'}"
    if seen.forwarding == "1":
        return ok(Check.IP_FORWARD, value)
    if not seen.forwarding_writable:
        return fail(
            Check.IP_FORWARD,
            f"{value}, and /proc/sys is read-only",
            "Pods do not reach the outside, and minipod cannot switch it on.",
            "mount -o remount,bind,rw /proc/sys && sysctl -w net.ipv4.ip_forward=1",
        )
    if seen.way is not None:
        return fail(
            Check.IP_FORWARD,
            f"{value}, though this root has a network",
            "Pods do not reach the outside. minipod switched it on with the first pod, and "
            "somebody off again.",
            "sysctl -w net.ipv4.ip_forward=1",
        )
    return ok(Check.IP_FORWARD, f"{value}: minipod switches it on with the first pod")


def _is_astray(seen: Routing) -> bool:
    return seen.way is not None and seen.way.link != seen.link


def _rule(seen: Routing) -> str:
    return f"ip rule add pref {_BEFORE_ALL} to {seen.cluster} lookup main"


def _overlapping(seen: Routing, other: Overlap, root: str) -> Finding:
    told = f"{_named(other)} overlaps the pod network {seen.cluster}"
    if not seen.claimed:
        return warn(
            Check.ROUTE_OVERLAP,
            told,
            "Pods will get addresses of another block than the one asked for.",
            None if seen.free is None else _start(root, seen),
        )
    return fail(
        Check.ROUTE_OVERLAP,
        told,
        f"The machine sends what is for pods in {_shared(other, seen)} that way instead, so it "
        "and the outside do not reach them. The command removes this root's pods and gives later "
        "ones addresses that nobody has; or remove the route.",
        None if seen.free is None else f"{_purge(root)} && {_start(root, seen)}",
    )


def _shared(other: Overlap, seen: Routing) -> str:
    return str(max(other.cidr, seen.cluster, key=lambda block: block.prefixlen))


def _named(other: Overlap) -> str:
    return f"the route {other.cidr} by {other.link}" if other.link else f"the route {other.cidr}"


def _start(root: str, seen: Routing) -> str:
    at = shlex.quote(root)
    return f"minipod --root {at} --cluster-cidr {seen.free} server start"


def _purge(root: str) -> str:
    return f"minipod --root {shlex.quote(root)} purge --yes"
