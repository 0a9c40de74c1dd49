"""Which address a pod gets, and which CIDR a cluster: pure decisions on explicit state."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

import msgspec

from minipod.errors import BadRequest
from minipod.plan.network import DEFAULT_CLUSTER_CIDR

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_OFFSET = 2
"""The first address for a pod: .0 is the network itself, .1 the node's bridge."""

LARGEST_PREFIX = 22
SMALLEST_PREFIX = 8
_PREFIX_HINT = (
    f"give a block between /{SMALLEST_PREFIX} and /{LARGEST_PREFIX}, as {DEFAULT_CLUSTER_CIDR}: "
    "a /24 for each node, and the last /24 joins them"
)


class AddressPool(msgspec.Struct, frozen=True):
    """The addresses of one node: who has which, and in which order the free ones go.

    Never-used addresses go first, the lowest of them before the others; then the one that was
    released longest ago. So an address is not met again soon after its pod is gone. Addresses are
    kept as offsets into `cidr`; `fresh` is the lowest that was never used.
    """

    cidr: IPv4Network
    used: dict[str, int] = {}
    released: tuple[int, ...] = ()
    fresh: int = FIRST_OFFSET

    @classmethod
    def for_node(cls, cidr: IPv4Network) -> AddressPool:
        """Return the pool of a new node, all of it free."""
        return cls(cidr)

    @property
    def capacity(self) -> int:
        """How many pods the node holds: all but network, gateway and broadcast."""
        return self.cidr.num_addresses - FIRST_OFFSET - 1

    @property
    def owners(self) -> set[str]:
        """Who has an address."""
        return set(self.used)

    def address(self, owner: str) -> IPv4Address | None:
        """Return the address that an owner has; None if it has none."""
        offset = self.used.get(owner)
        return None if offset is None else self._at(offset)

    def allocate(self, owner: str) -> tuple[AddressPool, IPv4Address] | None:
        """Return the pool after giving `owner` an address, and the address; None if all are used.

        An owner that has one keeps it.
        """
        if owner in self.used:
            return self, self._at(self.used[owner])
        if self.fresh < self.capacity + FIRST_OFFSET:
            offset, fresh, released = self.fresh, self.fresh + 1, self.released
        elif self.released:
            (offset, *rest), fresh = self.released, self.fresh
            released = tuple(rest)
        else:
            return None
        pool = AddressPool(self.cidr, {**self.used, owner: offset}, released, fresh)
        return pool, self._at(offset)

    def release(self, owner: str) -> AddressPool:
        """Return the pool after taking the address back: the last of all free ones to be used."""
        if owner not in self.used:
            return self
        used = {name: offset for name, offset in self.used.items() if name != owner}
        return AddressPool(self.cidr, used, (*self.released, self.used[owner]), self.fresh)

    def _at(self, offset: int) -> IPv4Address:
        return self.cidr.network_address + offset

    def to_record(self) -> dict[str, Any]:
        """Return the pool as JSON."""
        return {
            "cidr": str(self.cidr),
            "used": self.used,
            "released": list(self.released),
            "fresh": self.fresh,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> AddressPool:
        """Return the pool that `to_record` described."""
        return cls(
            IPv4Network(record["cidr"]),
            dict(record["used"]),
            tuple(record["released"]),
            record["fresh"],
        )


def candidates(wanted: IPv4Network | None) -> Iterator[IPv4Network]:
    """Return the cluster CIDRs to try in turn: the wanted one, then 10.244.0.0/16 and onwards.

    After 10.255.0.0/16 it goes on with 10.0.0.0/16. Blocks that overlap the wanted one are left
    out: what makes it unusable makes them so.
    """
    if wanted is not None:
        yield wanted
    start = DEFAULT_CLUSTER_CIDR.network_address.packed[1]
    for second in itertools.chain(range(start, 256), range(start)):
        block = IPv4Network((bytes([10, second, 0, 0]), DEFAULT_CLUSTER_CIDR.prefixlen))
        if wanted is None or not block.overlaps(wanted):
            yield block


def parse_cluster_cidr(text: str) -> IPv4Network:
    """Read a --cluster-cidr. BadRequest with a hint if it cannot be one."""
    place = f"cannot use cluster CIDR {text!r}"
    try:
        cidr = IPv4Network(text, strict=False)
    except ValueError as error:
        raise BadRequest(f"{place}: not an IPv4 block", hint=_PREFIX_HINT) from error
    if not SMALLEST_PREFIX <= cidr.prefixlen <= LARGEST_PREFIX:
        raise BadRequest(f"{place}: /{cidr.prefixlen} is no size for it", hint=_PREFIX_HINT)
    if IPv4Address(text.partition("/")[0]) != cidr.network_address:
        raise BadRequest(f"{place}: it has host bits set", hint=f"the block is {cidr}")
    if any(cidr.overlaps(block) for block in _UNUSABLE):
        raise BadRequest(
            f"{place}: these addresses have a meaning of their own",
            hint=f"private ranges as {DEFAULT_CLUSTER_CIDR} are best",
        )
    return cidr


_UNUSABLE = tuple(
    map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"))
)
"""Not for hosts: this network, loopback, link-local, multicast, reserved (RFC 6890)."""
