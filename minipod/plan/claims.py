"""Who has which cluster CIDR of a host: read from the host's own routes, so nobody else is asked.

A claim is an unreachable route for the CIDR, of a metric that no other route wants. The kernel
makes it only once (NLM_F_EXCL), so of two roots at once one gets it. It bears its owner in a
metric that an unreachable route has no use for (the TCP window): 24 bits of root id, and one bit
that says that minipod switched the host's forwarding on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Network

CLAIM_METRIC = 4278198272
"""High, so that it is the last choice of all (the metric of Kubernetes' own unreachable routes)."""

PROTOCOL = 109
"""What made a route, as `ip route` shows it (rtm_protocol): a number that no one has registered."""

_SWITCHED = 1 << 24
_DISGUISED_DEFAULT = 8


class HostRoute(NamedTuple):
    """A route of the host: `link` is its interface's name, `claim` what it says as a claim."""

    cidr: IPv4Network
    link: str | None = None
    claim: CidrClaim | None = None


class CidrClaim(NamedTuple):
    """A root's claim; `switched` is whether ip_forward was off until minipod came."""

    root_id: str
    switched: bool

    @property
    def tag(self) -> int:
        """The number that the route carries."""
        return int(self.root_id, 16) | (_SWITCHED if self.switched else 0)

    @classmethod
    def from_tag(cls, tag: int) -> CidrClaim:
        """Return the claim that a number stands for."""
        return cls(f"{tag & (_SWITCHED - 1):06x}", bool(tag & _SWITCHED))


def is_free(cidr: IPv4Network, routes: Iterable[HostRoute], root_id: str, own_link: str) -> bool:
    """Return whether a root can have `cidr`: no route of anybody else overlaps it.

    Blocks above /8 do not count: they are a default route in disguise, as VPNs cut it in halves.
    """
    return not any(
        route.cidr.prefixlen >= _DISGUISED_DEFAULT and route.cidr.overlaps(cidr)
        for route in routes
        if route.link != own_link and not (route.claim and route.claim.root_id == root_id)
    )


def held(routes: Sequence[HostRoute], root_id: str) -> list[IPv4Network]:
    """Return what a root has claimed; more than one only after an accident."""
    return list(claimed(routes, root_id))


def claimed(routes: Iterable[HostRoute], root_id: str) -> dict[IPv4Network, bool]:
    """Return what a root has claimed, and whether minipod switched forwarding on."""
    return {
        route.cidr: route.claim.switched
        for route in routes
        if route.claim and route.claim.root_id == root_id
    }


def others(routes: Sequence[HostRoute], root_id: str) -> list[CidrClaim]:
    """Return the claims of other roots."""
    return [route.claim for route in routes if route.claim and route.claim.root_id != root_id]


def any_switched(routes: Iterable[HostRoute]) -> bool:
    """Return whether minipod, whichever root, switched the host's forwarding on."""
    return any(route.claim.switched for route in routes if route.claim)
