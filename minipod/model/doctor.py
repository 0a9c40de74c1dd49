"""What `minipod doctor` tells of the machine: what would break pods, and how binds are seen."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How a check ended, the worst first."""

    FAIL = "FAIL"
    WARN = "WARN"
    UNKNOWN = "UNKNOWN"
    """It could not be looked at: root is missing, say."""
    OK = "OK"


class Check(StrEnum):
    """What is looked at, in the order in which it is told."""

    ROOT = "root"
    PROC = "proc"
    NAMESPACES = "namespaces"
    CLONE3 = "clone3"
    PIDFD = "pidfd"
    SOCK_DIAG = "sock-diag"
    CONTROL_GROUPS = "control-groups"
    OVERLAYFS = "overlayfs"
    VETH = "veth"
    BRIDGE = "bridge"
    NFT = "nft"
    NAT = "nat"
    FORWARD_POLICY = "forward-policy"
    DOCKER_USER = "docker-user"
    BRIDGE_NF_CALL = "bridge-nf-call"
    ROUTE_OVERLAP = "route-overlap"
    POLICY_ROUTING = "policy-routing"
    RP_FILTER = "rp-filter"
    IP_FORWARD = "ip-forward"
    PID_MAX = "pid-max"
    THREADS_MAX = "threads-max"
    CGROUP_PIDS = "cgroup-pids"
    OPEN_FILES = "open-files"
    FILE_MAX = "file-max"
    INOTIFY = "inotify"
    NEIGHBOURS = "neighbours"
    CONNECTIONS = "connections"
    POD_ROOM = "pod-room"
    DISK = "disk"
    RUN_FOLDER = "run-folder"
    RESOLV_CONF = "resolv-conf"
    NETNS_NAMES = "netns-names"
    LEFTOVERS = "leftovers"


class Finding(msgspec.Struct, frozen=True):
    """How one check ended: what was seen, why it matters for pods, and the command that mends it.

    What is OK has a fact and no more. `fix` is None where no command of this machine helps.
    """

    check: Check
    level: Level
    seen: str
    why: str | None = None
    fix: str | None = None


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    """What the hooks in the kernel cost: nanoseconds with them, as a multiple of those without.

    Of one socket, bind and close in a pod, and of one other system call, anywhere.
    """

    bind_nanoseconds: float
    bind_ratio: float
    other_nanoseconds: float
    other_ratio: float


class WatcherReport(msgspec.Struct, frozen=True, rename="camel"):
    """How refused binds are seen.

    `reasons` says of each better mechanism why it is not in use; `missing` what is not seen with
    this one; `trouble` why there is no watcher. `lost` counts calls that did not fit into memory.
    """

    mechanism: str
    pid: int | None
    reasons: dict[str, str]
    missing: tuple[str, ...]
    trouble: str | None
    lost: int
    cost: Cost | None


class Report(msgspec.Struct, frozen=True, rename={"cluster_cidr": "clusterCIDR"}):
    """What the server adds: its watcher, and the pod network that it has or is to have."""

    watcher: WatcherReport
    cluster_cidr: str | None = None
