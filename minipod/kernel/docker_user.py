"""Egress beside Docker, whose FORWARD chain drops what it does not know.

An accept in a table of our own does not override another table's drop. Docker asks those who have
rules of their own to put them into its chain DOCKER-USER. Ours bear our mark as a comment, and
are taken out again by the very same words. Source: Docker's "Packet filtering and firewalls".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel import programs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.kernel.nft import Chain
    from minipod.plan.network import NetworkPlan

_TABLE, _CHAIN, _FORWARD = "ip filter", "DOCKER-USER", "FORWARD"


def is_dropping(chain: Chain) -> bool:
    """Return whether it is the chain by which Docker drops."""
    return (chain.table, chain.name) == (_TABLE, _FORWARD)


def is_there(chains: Sequence[Chain]) -> bool:
    """Return whether Docker has its chain for the rules of others."""
    return any((chain.table, chain.name) == (_TABLE, _CHAIN) for chain in chains)


def rules(plan: NetworkPlan) -> list[list[str]]:
    """Return the rules: what comes from our link may pass, the answers to it, and host ports."""
    mark = ["-m", "comment", "--comment", plan.mark, "-j", "ACCEPT"]
    answers = ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED"]
    led_here = ["-m", "conntrack", "--ctstate", "DNAT"]
    return [
        ["-i", plan.host_link, *mark],
        ["-o", plan.host_link, *answers, *mark],
        ["-o", plan.host_link, *led_here, *mark],
    ]


async def admit(plan: NetworkPlan) -> None:
    """Let the root's packets pass; nothing happens if they do already. HostError."""
    for rule in rules(plan):
        if not await _iptables("-C", _CHAIN, *rule) and not await _iptables("-I", _CHAIN, *rule):
            raise HostError(f"cannot add a rule to {_CHAIN}: iptables refused it")


async def missing(plan: NetworkPlan) -> list[list[str]]:
    """Return the root's rules that are not there. HostError."""
    return [rule for rule in rules(plan) if not await _iptables("-C", _CHAIN, *rule)]


async def withdraw(plan: NetworkPlan) -> None:
    """Take the root's rules out again; nothing happens if they are not there. HostError."""
    for rule in rules(plan):
        await _iptables("-D", _CHAIN, *rule)


async def _iptables(*argv: str) -> bool:
    """Run iptables and return whether it succeeded. HostError if it cannot be run."""
    program = programs.find("iptables")
    if program is None:
        raise HostError(f"cannot look at {_CHAIN}: iptables is not installed")
    return (await programs.run(program, "-w", *argv)).code == 0
