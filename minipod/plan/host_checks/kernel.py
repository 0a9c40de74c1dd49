"""What the kernel must be able to do: each was tried, so there is little to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.model.doctor import Check, Finding, Level
from minipod.plan.host_checks.verdict import ok

if TYPE_CHECKING:
    from minipod.model.host_facts import Trials

_NO_SPACE = "No space left on device"
_MANY_NAMESPACES = 96365
_LIMITED = ("net", "uts", "ipc", "mnt", "pid")


class _Trial(NamedTuple):
    """What a check tried, and what it means if that was refused."""

    works: str
    level: Level
    why: str
    fix: str | None = None


_TRIALS = {
    Check.NAMESPACES: _Trial(
        "network, UTS, IPC, mount and PID namespaces can be made",
        Level.FAIL,
        "A pod is made of these namespaces. A container's seccomp profile, or a kernel without "
        "them, stands in the way.",
    ),
    Check.CLONE3: _Trial(
        "clone3 makes a process in its control group at once",
        Level.WARN,
        "Containers start the slow way, with the same outcome. An older kernel than 5.7 or a "
        "seccomp profile refuses it.",
    ),
    Check.PIDFD: _Trial(
        "processes can be held by a descriptor (pidfd)",
        Level.FAIL,
        "Sandboxes are awaited and ended by it, never by a number that another process may have "
        "by then. It needs Linux 5.3.",
    ),
    Check.SOCK_DIAG: _Trial(
        "the kernel lists sockets (sock_diag)",
        Level.FAIL,
        "Ports and conflicts are read with it.",
        "modprobe -a inet_diag tcp_diag udp_diag",
    ),
    Check.CONTROL_GROUPS: _Trial(
        "control groups v2 can be made",
        Level.FAIL,
        "Each container lives in one: it is how a container is told from others, and ended.",
        "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
    ),
    Check.OVERLAYFS: _Trial(
        "overlayfs can be mounted above /",
        Level.WARN,
        "Containers share the machine's files instead of having a root of their own, and each "
        "pod is warned about. The annotation minipod.dev/rootfs: host on a pod says that this is "
        "meant. If / is itself an overlay upon another, as in a container, no command helps.",
        "modprobe overlay",
    ),
    Check.VETH: _Trial(
        "veth links can be made",
        Level.FAIL,
        "A pod's eth0 is one end of a veth.",
        "modprobe veth",
    ),
    Check.BRIDGE: _Trial(
        "bridges can be made",
        Level.FAIL,
        "A bridge joins the pods of a node.",
        "modprobe bridge",
    ),
}


def features(trials: Trials) -> list[Finding]:
    """Judge every trial that was made."""
    return [_judged(check, _TRIALS[check], refusal) for check, refusal in trials.results.items()]


def _judged(check: Check, trial: _Trial, refusal: str | None) -> Finding:
    if refusal is None:
        return ok(check, trial.works)
    if check is Check.NAMESPACES and _NO_SPACE in refusal:
        return Finding(
            check, trial.level, refusal, "The limit of namespaces is reached.", _more_namespaces()
        )
    return Finding(check, trial.level, refusal, trial.why, trial.fix)


def _more_namespaces() -> str:
    settings = (f"user.max_{kind}_namespaces={_MANY_NAMESPACES}" for kind in _LIMITED)
    return f"sysctl -w {' '.join(settings)}"
