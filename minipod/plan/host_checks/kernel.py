"""What the kernel must be able to do: each was tried, so there is little to judge."""

from __future__ import annotations

import errno
import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from minipod.model.doctor import Check, Finding, Level
from minipod.plan.host_checks.verdict import ok

if TYPE_CHECKING:
    from minipod.model.host_facts import Rights, Trials

_NO_SPACE = os.strerror(errno.ENOSPC)
_FILTERED = (os.strerror(errno.EPERM), os.strerror(errno.ENOSYS))
"""What filters answer. A kernel that lacks something says so in other words, but for ENOSYS."""
_MANY_NAMESPACES = 96365
_LIMITED = ("net", "uts", "ipc", "mnt", "pid")
_RUN_AGAIN = "systemd-run --quiet --pipe --wait -- {}"


class _Trial(NamedTuple):
    """What a check tried, what it means if that was refused, and why it may be without a filter."""

    works: str
    level: Level
    means: str
    cause: str = ""
    fix: str | None = None


_TRIALS = {
    Check.NAMESPACES: _Trial(
        "network, UTS, IPC, mount and PID namespaces can be made",
        Level.FAIL,
        "A pod is made of these namespaces.",
        "The kernel is one without them, or something keeps root from them: run minipod on the "
        "machine itself, or in a container that is privileged.",
    ),
    Check.CLONE3: _Trial(
        "clone3 makes a process in its control group at once",
        Level.WARN,
        "Containers start the slow way, with the same outcome.",
        "It needs Linux 5.7.",
    ),
    Check.PIDFD: _Trial(
        "processes can be held by a descriptor (pidfd)",
        Level.FAIL,
        "No pod comes up: sandboxes are awaited and ended by it, never by a number that another "
        "process may have by then.",
        "It needs Linux 5.3.",
    ),
    Check.SOCK_DIAG: _Trial(
        "the kernel lists sockets (sock_diag)",
        Level.FAIL,
        "Ports and conflicts are read with it.",
        fix="modprobe -a inet_diag tcp_diag udp_diag",
    ),
    Check.CONTROL_GROUPS: _Trial(
        "control groups v2 can be made",
        Level.FAIL,
        "Each container lives in one: it is how a container is told from others, and ended.",
    ),
    Check.OVERLAYFS: _Trial(
        "overlayfs can be mounted above /",
        Level.WARN,
        "Containers share the machine's files instead of having a root of their own, and each "
        "pod is warned about. The annotation minipod.dev/rootfs: host on a pod says that this is "
        "meant.",
        "If / is itself an overlay upon another, as in a container, no command helps.",
        "modprobe overlay",
    ),
    Check.VETH: _Trial(
        "veth links can be made",
        Level.FAIL,
        "A pod's eth0 is one end of a veth.",
        fix="modprobe veth",
    ),
    Check.BRIDGE: _Trial(
        "bridges can be made",
        Level.FAIL,
        "A bridge joins the pods of a node.",
        fix="modprobe bridge",
    ),
    Check.NAT: _Trial(
        "nftables translates addresses and ports",
        Level.FAIL,
        "Pods leave with the machine's address, and ports of the machine lead to pods: both by "
        "rules that the kernel refuses.",
        fix="modprobe -a nft_chain_nat nft_masq nft_nat nft_ct nft_fib_ipv4",
    ),
}


def features(trials: Trials, rights: Rights) -> list[Finding]:
    """Judge every trial that was made."""
    return [_judged(check, trials, rights) for check in trials.results]


def _judged(check: Check, trials: Trials, rights: Rights) -> Finding:
    trial, refusal = _TRIALS[check], trials.results[check]
    if refusal is None:
        return ok(check, trial.works)
    why, fix = f"{trial.means} {trial.cause}".rstrip(), trial.fix
    if check is Check.NAMESPACES and _NO_SPACE in refusal:
        why, fix = "The limit of namespaces is reached.", _more_namespaces()
    elif check is Check.CONTROL_GROUPS:
        why, fix = trial.means, _mount_groups(trials)
    elif rights.filtered and any(answer in refusal for answer in _FILTERED):
        why, fix = f"{trial.means} {_way_out(rights)}", _again(rights)
    elif rights.missing and os.strerror(errno.EPERM) in refusal:
        why, fix = f"{trial.means} It wants a capability that root lacks here.", None
    return Finding(check, trial.level, refusal, why, fix)


def _way_out(rights: Rights) -> str:
    if rights.systemd:
        return (
            "A seccomp filter on this process refuses it. What systemd starts has none: so the "
            "command, or a server by minipod server install-service."
        )
    return (
        "A seccomp filter on this process refuses it, most likely a container's: docker run "
        "--privileged has none, nor has privileged: true in a Kubernetes securityContext."
    )


def _again(rights: Rights) -> str | None:
    return _RUN_AGAIN.format(shlex.join(rights.argv)) if rights.systemd and rights.argv else None


def _mount_groups(trials: Trials) -> str:
    place = shlex.quote(trials.group_mount)
    if trials.is_mounted:
        return f"mount -o remount,rw {place}"
    return f"mkdir -p {place} && mount -t cgroup2 cgroup2 {place}"


def _more_namespaces() -> str:
    settings = (f"user.max_{kind}_namespaces={_MANY_NAMESPACES}" for kind in _LIMITED)
    return f"sysctl -w {' '.join(settings)}"
