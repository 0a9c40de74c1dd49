"""What was seen of the machine, for checks to judge: values as the kernel gave them.

Sizes are bytes. What could not be seen is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

import msgspec

from minipod.model.doctor import Check


class Rights(msgspec.Struct, frozen=True):
    """Who looks: the user id, and the names of the capabilities that minipod needs and are not had.

    `argv` is how the same is run again, `sudo` whether there is a sudo. `filtered`: a seccomp
    filter may refuse calls to this process; `systemd`: there is one, without a filter on itself.
    """

    uid: int
    missing: tuple[str, ...]
    argv: tuple[str, ...] = ()
    sudo: bool = False
    filtered: bool = False
    systemd: bool = False


class Proc(msgspec.Struct, frozen=True):
    """How /proc is mounted, and whether it shows the kernel's settings."""

    options: tuple[str, ...]
    has_settings: bool


class Trials(msgspec.Struct, frozen=True):
    """What was tried in a process of its own: the kernel's refusal of each, None if it worked.

    What is not in it could not be tried. `group_mount` is where control groups v2 are
    mounted, or may be.
    """

    results: Mapping[Check, str | None]
    group_mount: str = "/sys/fs/cgroup"
    is_mounted: bool = False


class Field(StrEnum):
    """What a packet filter's rule asks about; OTHER is anything that is not judged here."""

    SOURCE = "source"
    DESTINATION = "destination"
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    STATE = "state"
    OTHER = "other"


class Match(msgspec.Struct, frozen=True):
    """What a rule asks of a packet: one of the values, or none of them if `negated`.

    Values are networks, names of links, or the words of connection tracking in lower case.
    """

    field: Field
    values: tuple[str | IPv4Network, ...] = ()
    negated: bool = False


class Verdict(StrEnum):
    """What a rule does with the packets that it is about. DROP is to reject, too."""

    ACCEPT = "accept"
    DROP = "drop"
    RETURN = "return"
    JUMP = "jump"
    GOTO = "goto"


class Rule(msgspec.Struct, frozen=True):
    """A rule that decides about packets; `told` is how a person finds it in its chain.

    `inside` are the rules of the chain that a JUMP or GOTO leads to.
    """

    verdict: Verdict
    matches: tuple[Match, ...] = ()
    inside: tuple[Rule, ...] = ()
    told: str = ""


class ForwardChain(msgspec.Struct, frozen=True):
    """A chain of others that sees what the machine forwards, with its rules in their order.

    `tool` is the program that speaks of it: nft, iptables, iptables-legacy, ufw. `policy` is what
    becomes of a packet that no rule decides about: accept or drop.
    """

    tool: str
    family: str
    table: str
    name: str
    policy: Verdict
    rules: tuple[Rule, ...]


class Firewall(msgspec.Struct, frozen=True):
    """The machine's packet filters, as minipod meets them.

    `program` is the path of nft, `trouble` why it does not work, `other_program` an nft that may.
    `docker_user` is whether Docker's chain for the rules of others is there, `docker_missing` are
    minipod's rules that it lacks. `bridge_nf_call`: None without the module. `kernel` is its
    version, major and minor.
    """

    program: str | None
    trouble: str | None
    other_program: str | None
    chains: tuple[ForwardChain, ...]
    docker_user: bool
    docker_missing: tuple[tuple[str, ...], ...]
    bridge_nf_call: str | None
    kernel: tuple[int, int]
    installer: str


class Way(msgspec.Struct, frozen=True):
    """Where the kernel would send a packet for an address: the link's name."""

    address: IPv4Address
    link: str | None


class Overlap(msgspec.Struct, frozen=True):
    """A route of somebody else into the pod network."""

    cidr: IPv4Network
    link: str | None


class Routing(msgspec.Struct, frozen=True):
    """How the machine routes what is for pods.

    `claimed`: this root has pods, or had. `free` is a block that nothing here uses. `way` is that
    of the node's first address; None where the root has no link yet. `forwarding_writable`: the
    setting can be changed. `rp_filter` is what holds for the root's link. `uplink` leads outside.
    """

    cluster: IPv4Network
    claimed: bool
    asked: bool
    link: str
    overlaps: tuple[Overlap, ...]
    free: IPv4Network | None
    way: Way | None
    forwarding: str | None
    forwarding_writable: bool
    rp_filter: int | None
    uplink: str | None = None


class GroupLimit(msgspec.Struct, frozen=True):
    """How many processes a control group may have, and has; `path` is the file of the limit."""

    path: str
    limit: int
    current: int


class Limits(msgspec.Struct, frozen=True):
    """How much of everything that is counted there may be, and is.

    `open_files` is of one process, `open_files_most` what this one may raise it to. `connections`
    are those that packet filters keep track of; None is none yet.
    """

    pid_max: int | None
    threads_max: int | None
    threads: int
    groups: tuple[GroupLimit, ...]
    open_files: int
    open_files_most: int
    file_max: int | None
    files_open: int
    inotify_refused: str | None
    inotify_instances: int | None
    inotify_watches: int | None
    neighbours: int | None
    connections: int | None
    connections_most: int | None
    pods: int
    pods_of_root: int


class Folder(msgspec.Struct, frozen=True):
    """A folder, or the nearest one above it that there is, and the filesystem that it lies on.

    `files_free` is None where the filesystem does not count them.
    """

    path: str
    mount: str
    read_only: bool
    free: int
    files_free: int | None


class Storage(msgspec.Struct, frozen=True):
    """Where minipod writes. `roomiest` is the writable filesystem with most room, if another."""

    root: Folder
    names: Folder
    roomiest: str | None
    root_path: str


class Resolver(msgspec.Struct, frozen=True):
    """/etc/resolv.conf: its text, or why it cannot be read; and those of local forwarders."""

    text: str
    trouble: str | None
    upstreams: tuple[str, ...]


class Traces(msgspec.Struct, frozen=True):
    """What the machine has of one root. `path` is None if nothing tells where its folder was.

    `server` is the pid of its server's parent, `sandboxes` how many processes hold namespaces,
    `groups` are control groups without any process.
    """

    root_id: str
    path: str | None
    folder_exists: bool
    server: int | None
    sandboxes: int
    links: tuple[str, ...]
    claims: tuple[IPv4Network, ...]
    tables: tuple[str, ...]
    groups: tuple[str, ...]


class Leftovers(msgspec.Struct, frozen=True):
    """What the machine has of all roots, and names of namespaces that lead nowhere."""

    roots: tuple[Traces, ...]
    stale_names: tuple[str, ...]


class HostFacts(msgspec.Struct, frozen=True):
    """All that was seen. What is None was not looked at."""

    root: str
    rights: Rights
    proc: Proc
    limits: Limits
    storage: Storage
    routing: Routing | None = None
    trials: Trials | None = None
    firewall: Firewall | None = None
    resolver: Resolver | None = None
    leftovers: Leftovers | None = None
