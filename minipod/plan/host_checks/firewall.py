"""Packet filters: what stands between pods and the outside.

Forwarded are only packets between pods and the outside. What pods say to each other never passes
the machine's own namespace, and what the machine says to pods is not forwarded.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from minipod.model.doctor import Check
from minipod.plan.host_checks import chains
from minipod.plan.host_checks.verdict import fail, ok, unknown, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.doctor import Finding
    from minipod.model.host_facts import Firewall, ForwardChain, Routing
    from minipod.plan.host_checks.chains import Fate

_NO_WAY = "Pods do not reach the outside, and ports of the machine do not lead to pods."
_PER_NAMESPACE = (5, 3)
"""Since this version bridge-nf-call-iptables is a setting of each network namespace."""
_STATES = "RELATED,ESTABLISHED,DNAT"
_NOT_ALLOWED = os.strerror(errno.EPERM)
"""So nft complains to whom a capability is missing."""
_DOCKER = ("ip filter", "FORWARD")


def judge(seen: Firewall, ways: Routing) -> list[Finding]:
    """Judge all of it; `ways` says which packets are for pods, and by which links they come."""
    return [
        _nft(seen),
        *_forward_policy(seen, ways),
        _docker_user(seen),
        _bridge_nf_call(seen),
    ]


def _nft(seen: Firewall) -> Finding:
    """Judge whether minipod can make its own table."""
    if seen.program is None:
        return fail(Check.NFT, "nft is not installed", _NO_WAY, f"{seen.installer} nftables")
    if seen.trouble is None:
        return ok(Check.NFT, f"{seen.program} works")
    if seen.other_program is not None:
        return fail(
            Check.NFT,
            f"{seen.program} fails: {seen.trouble}",
            f"{_NO_WAY} It stands in PATH before {seen.other_program}, which works.",
            f"mv {seen.program} {seen.program}.off",
        )
    fix = None if _NOT_ALLOWED in seen.trouble else "modprobe nf_tables"
    return fail(Check.NFT, f"{seen.program} fails: {seen.trouble}", _NO_WAY, fix)


def _forward_policy(seen: Firewall, ways: Routing) -> list[Finding]:
    """Judge whether other programs' chains let through what pods send, and what is for them."""
    if seen.program is None or seen.trouble is not None:
        return [unknown(Check.FORWARD_POLICY, "cannot be seen without nft", _NO_WAY)]
    judged = [_chain(chain, ways) for chain in seen.chains if not _is_docker_s(seen, chain)]
    found = [finding for finding in judged if finding is not None]
    names = ", ".join(f"{chain.name} of {_table(chain)}" for chain in seen.chains if chain.rules)
    if found:
        return found
    told = f"{names}: pods pass" if names else "no other program decides about what is forwarded"
    return [ok(Check.FORWARD_POLICY, told)]


def _chain(chain: ForwardChain, ways: Routing) -> Finding | None:
    """Return what is wrong with a chain: it keeps pods from the outside, or only that from pods."""
    where = (ways.cluster, ways.link, ways.uplink)
    for flow in (chains.out(*where), chains.back(*where)):
        fate = chains.fate(chain, flow)
        if not fate.passes:
            return fail(
                Check.FORWARD_POLICY,
                _dropped(chain, fate, str(ways.cluster)),
                f"{_NO_WAY} Pods still reach each other, and the machine reaches them. An accept "
                "in minipod's own table would not override this drop.",
                " && ".join(_opening(chain, ways)),
            )
    fate = chains.fate(chain, chains.to_host_ports(*where))
    if fate.passes:
        return None
    return warn(
        Check.FORWARD_POLICY,
        _dropped(chain, fate, f"what begins outside for {ways.cluster}"),
        "Pods reach the outside; ports of the machine lead to pods for the machine alone.",
        " && ".join(_opening(chain, ways)),
    )


def _dropped(chain: ForwardChain, fate: Fate, whom: str) -> str:
    place = f"chain {chain.name} of {chain.tool} table {_table(chain)}"
    if fate.by is None:
        return f"{place}: its policy is {_policy(chain)}, and no rule lets {whom} pass"
    return f"{place}: {fate.by.told} drops {whom}, and none before it lets that pass"


def _is_docker_s(seen: Firewall, chain: ForwardChain) -> bool:
    """Return whether minipod has, or will have, rules of its own for this chain: another check."""
    return seen.docker_user and (_table(chain), chain.name) == _DOCKER


def _docker_user(seen: Firewall) -> Finding:
    """Judge whether Docker's chain for the rules of others has those of this root."""
    if not seen.docker_user:
        return ok(Check.DOCKER_USER, "Docker has no chain DOCKER-USER here")
    if seen.docker_missing:
        rules = (" ".join(map(_word, rule)) for rule in seen.docker_missing)
        return fail(
            Check.DOCKER_USER,
            f"{len(seen.docker_missing)} of minipod's rules are not in chain DOCKER-USER",
            f"Docker drops what it does not know. {_NO_WAY} Somebody emptied the chain.",
            " && ".join(f"iptables -w -I DOCKER-USER {rule}" for rule in rules),
        )
    return ok(Check.DOCKER_USER, "DOCKER-USER is there: minipod has its rules in it, or will have")


def _bridge_nf_call(seen: Firewall) -> Finding:
    """Judge whether frames on minipod's bridges meet the machine's iptables rules: they do not."""
    if seen.bridge_nf_call is None:
        return ok(Check.BRIDGE_NF_CALL, "the module br_netfilter is not loaded")
    value = f"net.bridge.bridge-nf-call-iptables is {seen.bridge_nf_call}"
    if seen.bridge_nf_call == "0" or seen.kernel >= _PER_NAMESPACE:
        return ok(
            Check.BRIDGE_NF_CALL,
            f"{value}; it is about bridges of the machine's own namespace, where pods have none",
        )
    return warn(
        Check.BRIDGE_NF_CALL,
        f"{value}, and Linux {seen.kernel[0]}.{seen.kernel[1]} has one setting for all namespaces",
        "A port of the machine that leads a pod to itself is dropped in the node.",
        "sysctl -w net.bridge.bridge-nf-call-iptables=0",
    )


def _opening(chain: ForwardChain, ways: Routing) -> Sequence[str]:
    pods = ways.cluster
    if chain.table == "firewalld":
        zone = f"firewall-cmd --permanent --zone=trusted --add-source={pods}"
        return (zone, "firewall-cmd --reload")
    if chain.tool == "ufw":
        return (f"ufw route allow from {pods}", f"ufw route allow to {pods}")
    if chain.tool == "nft":
        insert = f"nft insert rule {_table(chain)} {chain.name} ip"
        return (
            f"{insert} saddr {pods} accept",
            f"{insert} daddr {pods} ct state established,related accept",
            f"{insert} daddr {pods} ct status dnat accept",
        )
    insert = f"{chain.tool} -w -I {chain.name}"
    return (
        f"{insert} -s {pods} -j ACCEPT",
        f"{insert} -d {pods} -m conntrack --ctstate {_STATES} -j ACCEPT",
    )


def _policy(chain: ForwardChain) -> str:
    return str(chain.policy) if chain.tool == "nft" else chain.policy.upper()


def _table(chain: ForwardChain) -> str:
    return f"{chain.family} {chain.table}"


def _word(word: str) -> str:
    return f"'{word}'" if " " in word else word
