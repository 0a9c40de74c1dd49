"""Packet filters: what stands between pods and the outside.

Forwarded are only packets between pods and the outside. What pods say to each other never passes
the machine's own namespace, and what the machine says to pods is not forwarded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.model.doctor import Check
from minipod.plan.host_checks.verdict import fail, ok, unknown, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Network

    from minipod.model.doctor import Finding
    from minipod.model.host_facts import Firewall, ForwardChain, Rule

_NO_WAY = "Pods do not reach the outside, and ports of the machine do not lead to pods."
_PER_NAMESPACE = (5, 3)
"""Since this version bridge-nf-call-iptables is a setting of each network namespace."""
_STATES = "RELATED,ESTABLISHED,DNAT"
_DOCKER = ("ip filter", "FORWARD")


def judge(seen: Firewall, cluster: IPv4Network, link: str) -> list[Finding]:
    """Judge all of it; `link` is the one by which the machine reaches the pods of `cluster`."""
    return [
        _nft(seen),
        *_forward_policy(seen, cluster, link),
        _docker_user(seen),
        _bridge_nf_call(seen),
    ]


def _nft(seen: Firewall) -> Finding:
    """Judge whether minipod can make its own table."""
    if seen.program is None:
        fix = f"{seen.installer} nftables"
        return fail(Check.NFT, "nft is not installed", _NO_WAY, fix)
    if seen.trouble is None:
        return ok(Check.NFT, f"{seen.program} works")
    if seen.other_program is not None:
        return fail(
            Check.NFT,
            f"{seen.program} fails: {seen.trouble}",
            f"{_NO_WAY} It stands in PATH before {seen.other_program}, which works.",
            f"mv {seen.program} {seen.program}.off",
        )
    return fail(Check.NFT, f"{seen.program} fails: {seen.trouble}", _NO_WAY, "modprobe nf_tables")


def _forward_policy(seen: Firewall, cluster: IPv4Network, link: str) -> list[Finding]:
    """Judge whether other programs' chains let through what pods send, and the answers to it."""
    if seen.program is None or seen.trouble is not None:
        return [unknown(Check.FORWARD_POLICY, "cannot be seen without nft", _NO_WAY)]
    closed = [chain for chain in seen.chains if not _lets_pass(seen, chain, cluster, link)]
    if closed:
        return [_closed(chain, cluster) for chain in closed]
    if seen.chains:
        names = ", ".join(f"{chain.name} of {_table(chain)}" for chain in seen.chains)
        return [ok(Check.FORWARD_POLICY, f"{names}: drops, but lets pods pass")]
    return [ok(Check.FORWARD_POLICY, "no other program's chain drops what is forwarded")]


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


def _lets_pass(seen: Firewall, chain: ForwardChain, cluster: IPv4Network, link: str) -> bool:
    if seen.docker_user and (_table(chain), chain.name) == _DOCKER:
        return True  # minipod has its own rules in DOCKER-USER: another check
    return _lets_out(chain.accepts, cluster, link) and _lets_back(chain.accepts, cluster, link)


def _lets_out(rules: Iterable[Rule], cluster: IPv4Network, link: str) -> bool:
    return any(
        not (rule.narrow or rule.answers or rule.destination or rule.outbound)
        and _covers(rule.source, cluster)
        and _is_link(rule.inbound, link)
        for rule in rules
    )


def _lets_back(rules: Iterable[Rule], cluster: IPv4Network, link: str) -> bool:
    return any(
        not (rule.narrow or rule.source or rule.inbound)
        and _covers(rule.destination, cluster)
        and _is_link(rule.outbound, link)
        for rule in rules
    )


def _covers(block: IPv4Network | None, cluster: IPv4Network) -> bool:
    return block is None or cluster.subnet_of(block)


def _is_link(name: str | None, link: str) -> bool:
    """Return whether a rule's interface is the link; nft ends a prefix with *, iptables with +."""
    if name is None or name == link:
        return True
    return name[-1:] in {"*", "+"} and link.startswith(name[:-1])


def _closed(chain: ForwardChain, cluster: IPv4Network) -> Finding:
    return fail(
        Check.FORWARD_POLICY,
        f"chain {chain.name} of {chain.tool} table {_table(chain)}: {chain.end}, and no rule lets "
        f"{cluster} pass",
        f"{_NO_WAY} Pods still reach each other, and the machine reaches them. An accept in "
        "minipod's own table would not override this drop.",
        " && ".join(_opening(chain, cluster)),
    )


def _opening(chain: ForwardChain, cluster: IPv4Network) -> Sequence[str]:
    if chain.table == "firewalld":
        zone = f"firewall-cmd --permanent --zone=trusted --add-source={cluster}"
        return (zone, "firewall-cmd --reload")
    if chain.tool == "nft":
        insert = f"nft insert rule {_table(chain)} {chain.name} ip"
        return (
            f"{insert} saddr {cluster} accept",
            f"{insert} daddr {cluster} ct state established,related accept",
            f"{insert} daddr {cluster} ct status dnat accept",
        )
    insert = f"{chain.tool} -w -I {chain.name}"
    return (
        f"{insert} -s {cluster} -j ACCEPT",
        f"{insert} -d {cluster} -m conntrack --ctstate {_STATES} -j ACCEPT",
    )


def _table(chain: ForwardChain) -> str:
    return f"{chain.family} {chain.table}"


def _word(word: str) -> str:
    return f"'{word}'" if " " in word else word
