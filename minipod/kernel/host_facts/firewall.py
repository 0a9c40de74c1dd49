"""The machine's packet filters: nftables, and iptables of both kinds."""

from __future__ import annotations

import os
import platform
import shutil
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel import docker_user, nft, programs, sysctl
from minipod.kernel.boot import kernel_version
from minipod.kernel.host_facts import iptables, nft_rules
from minipod.model.host_facts import Firewall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.host_facts import ForwardChain
    from minipod.plan.network import NetworkPlan

_INSTALLERS = {
    "debian": "apt-get install -y",
    "fedora": "dnf install -y",
    "rhel": "dnf install -y",
    "suse": "zypper install -y",
    "arch": "pacman -S --noconfirm",
    "alpine": "apk add",
}


async def firewall(plan: NetworkPlan, *, has_pods: bool) -> Firewall:
    """Return what is known of the filters. Where `has_pods`, DOCKER-USER should have our rules.

    Only for root: nobody else is told of them.
    """
    program, trouble = nft.find(), None
    chains: Sequence[ForwardChain] = ()
    by_docker, missing = False, []
    if program is not None:
        try:
            ruleset = await nft.ruleset()
            by_docker = docker_user.is_there(nft.chains_in(ruleset))
            listed = await iptables.listings()
            left_out = {iptables.TABLE} if any(each.is_new for each in listed) else set()
            chains = [
                *nft_rules.forward_chains(ruleset, left_out),
                *iptables.forward_chains(listed),
            ]
            if by_docker and has_pods:
                missing = await docker_user.missing(plan)
        except HostError as error:
            trouble = error.message
    return Firewall(
        program,
        trouble,
        _other(program),
        tuple(chains),
        by_docker,
        tuple(map(tuple, missing)),
        _bridge_nf_call(),
        kernel_version(),
        _installer(),
    )


def _other(program: str | None) -> str | None:
    """Return the nft of the system, if another one stands before it in PATH."""
    found = shutil.which("nft", path=programs.SYSTEM_PATH)
    if program is None or found is None or os.path.realpath(found) == os.path.realpath(program):
        return None
    return found


def _bridge_nf_call() -> str | None:
    try:
        return sysctl.read(sysctl.BRIDGED)
    except HostError:
        return None


def _installer() -> str:
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    names = [system.get("ID", ""), *system.get("ID_LIKE", "").split()]
    return next((_INSTALLERS[name] for name in names if name in _INSTALLERS), "apt-get install -y")
