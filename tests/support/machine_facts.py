"""A machine on which all is well, as facts; tests change one of them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from minipod.model.doctor import Check
from minipod.model.host_facts import (
    Firewall,
    Folder,
    HostFacts,
    Leftovers,
    Limits,
    Proc,
    Resolver,
    Rights,
    Routing,
    Storage,
    Trials,
    Way,
)

GB = 1 << 30
CLUSTER = IPv4Network("10.244.0.0/16")
LINK = "minipod-00aa11"

RIGHTS = Rights(0, (), ("minipod", "doctor"), sudo=True)
PROC = Proc((), has_settings=True)
TRIALS = Trials(
    dict.fromkeys(
        [
            *(Check.NAMESPACES, Check.CLONE3, Check.PIDFD, Check.SOCK_DIAG),
            *(Check.CONTROL_GROUPS, Check.OVERLAYFS, Check.VETH, Check.BRIDGE, Check.NAT),
        ]
    )
)
FIREWALL = Firewall(
    program="/usr/sbin/nft",
    trouble=None,
    other_program=None,
    chains=(),
    docker_user=False,
    docker_missing=(),
    bridge_nf_call="1",
    kernel=(6, 1),
    installer="apt-get install -y",
)
ROUTING = Routing(
    cluster=CLUSTER,
    claimed=True,
    asked=False,
    link=LINK,
    overlaps=(),
    free=IPv4Network("10.245.0.0/16"),
    way=Way(IPv4Address("10.244.0.1"), LINK),
    forwarding="1",
    forwarding_writable=True,
    rp_filter=1,
)
LIMITS = Limits(
    pid_max=32768,
    threads_max=100000,
    threads=200,
    groups=(),
    open_files=65536,
    open_files_most=1048576,
    file_max=1000000,
    files_open=1000,
    inotify_refused=None,
    inotify_instances=128,
    inotify_watches=65536,
    neighbours=1024,
    connections=10,
    connections_most=65536,
    pods=2,
    pods_of_root=1,
)
STORAGE = Storage(
    Folder("/var/lib/minipod", "/", read_only=False, free=9 * GB, files_free=100000),
    Folder("/run/netns", "/run", read_only=False, free=GB, files_free=None),
    "/srv",
    "/var/lib/minipod",
)
RESOLVER = Resolver("nameserver 192.0.2.53\n", None, ())
LEFTOVERS = Leftovers((), ())

FIT = HostFacts(
    "/var/lib/minipod",
    RIGHTS,
    PROC,
    LIMITS,
    STORAGE,
    ROUTING,
    TRIALS,
    FIREWALL,
    RESOLVER,
    LEFTOVERS,
)
