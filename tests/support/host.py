"""A network and mount namespace that plays the host, has no way out, and is looked at from outside.

The process that enters it stays in it. Its default route leads to a namespace `outside` with one
address, which answers: so a test can tell what left by the default route from what did not.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000

OUTSIDE = "outside"
OUTSIDE_ADDRESS = "192.0.2.1"
HOST_ADDRESS = "192.0.2.2"
WAN = "wan"

SETUP = f"""
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs -o mode=0755 netns /run/netns
ip link set lo up
ip netns add {OUTSIDE}
ip link add {WAN} type veth peer name eth0 netns {OUTSIDE}
ip addr add {HOST_ADDRESS}/24 dev {WAN}
ip link set {WAN} addrgenmode none
ip link set {WAN} up
ip -n {OUTSIDE} link set lo up
ip -n {OUTSIDE} addr add {OUTSIDE_ADDRESS}/24 dev eth0
ip -n {OUTSIDE} link set eth0 addrgenmode none
ip -n {OUTSIDE} link set eth0 up
ip route add default via {OUTSIDE_ADDRESS}
ip netns exec {OUTSIDE} nft -f - <<END
table ip strays {{
    chain arriving {{
        type filter hook prerouting priority raw; policy accept;
        ip daddr != {OUTSIDE_ADDRESS} counter
    }}
}}
END
"""


class Snapshot(NamedTuple):
    """What the host holds: names of its things, and the one sysctl that minipod may change."""

    netns: frozenset[str]
    links: frozenset[str]
    routes: frozenset[str]
    tables: frozenset[str]
    mounts: frozenset[str]
    ip_forward: frozenset[str]

    def difference(self, later: Snapshot) -> list[str]:
        """Say what `later` has more or less than this one, a line each."""
        lines = []
        for field, before, after in zip(self._fields, self, later, strict=True):
            lines += [f"left behind: {field}: {item}" for item in sorted(after - before)]
            lines += [f"touched, now gone: {field}: {item}" for item in sorted(before - after)]
        return lines


def enter() -> None:
    """Make this process, and all that it starts, live in a host of its own. Needs root."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"unshare: {os.strerror(errno)}")
    subprocess.run(["sh", "-ec", SETUP], check=True)


def run(*argv: str | Path) -> str:
    """Run a program and return its output; its errors fail the test."""
    done = subprocess.run(
        [str(word) for word in argv], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, argv))}: {done.stderr}"
    return done.stdout


def ip_json(*argv: str) -> list[dict[str, Any]]:
    """Return what `ip -json ARGV` says."""
    rows: list[dict[str, Any]] = json.loads(run("ip", "-json", *argv) or "[]")
    return rows


def snapshot() -> Snapshot:
    """Look at the host with its own tools."""
    tables = json.loads(run("nft", "-j", "list", "tables"))["nftables"]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return Snapshot(
        netns=frozenset(entry.name for entry in Path("/run/netns").iterdir()),
        links=frozenset(link["ifname"] for link in ip_json("link")),
        routes=frozenset(run("ip", "route", "show", "table", "all").splitlines()),
        tables=frozenset(
            f"{entry['table']['family']} {entry['table']['name']}"
            for entry in tables
            if "table" in entry
        ),
        mounts=frozenset(line.split()[4] for line in mounts),
        ip_forward=frozenset([Path("/proc/sys/net/ipv4/ip_forward").read_text().strip()]),
    )


def strays() -> int:
    """Return how many IP packets left by the default route for an address that is not there.

    Counted where they arrive, by IP alone: neighbours ask each other again at times of their own.
    """
    rules = json.loads(run("ip", "netns", "exec", OUTSIDE, "nft", "-j", "list", "ruleset"))
    (counted,) = [
        part["counter"]["packets"]
        for entry in rules["nftables"]
        for part in entry.get("rule", {}).get("expr", [])
        if "counter" in part
    ]
    packets: int = counted
    return packets


def root_id(root: Path) -> str:
    """Return the six hex digits that name what a root owns on the host."""
    return sha256(os.path.realpath(root).encode()).hexdigest()[:6]


def processes(root: Path) -> dict[int, str]:
    """Return pid and command line of every process that belongs to `root`.

    One belongs to it that names the root in its arguments or lives in one of its control groups.
    """
    found = {}
    group = f"/minipod/{root_id(root)}/"
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").split()
            groups = (entry / "cgroup").read_text()
        except OSError:
            continue  # it has just ended
        if words and (os.fsencode(root) in words or group in groups):
            found[int(entry.name)] = b" ".join(words).decode(errors="replace").strip()
    return found


def control_groups(root: Path) -> list[Path]:
    """Return the control groups of `root` that are left, on every v2 tree that is mounted."""
    mounts = [line.split(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    trees = [Path(left.split()[4]) for left, right in mounts if right.startswith("cgroup2 ")]
    ending = f"/minipod/{root_id(root)}"
    return [Path(path) for tree in trees for path, _, _ in os.walk(tree) if path.endswith(ending)]


def remains(root: Path, before: Snapshot) -> list[str]:
    """Say everything of `root` that is still there, a line each."""
    return [
        *before.difference(snapshot()),
        *(f"left behind: process {pid}: {command}" for pid, command in processes(root).items()),
        *(f"left behind: control group {group}" for group in control_groups(root)),
    ]


def sweep(root: Path, before: Snapshot) -> None:
    """Remove what a failed test left, so that the next one begins clean. Kills by pid only."""
    for pid in processes(root):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    after = snapshot()
    commands = [
        *(["ip", "link", "delete", name] for name in after.links - before.links),
        *(["ip", "route", "delete", *route.split()] for route in after.routes - before.routes),
        *(["nft", "delete", "table", *name.split()] for name in after.tables - before.tables),
        *(["rm", "-f", f"/run/netns/{name}"] for name in after.netns - before.netns),
    ]
    for command in commands:
        subprocess.run(command, capture_output=True, check=False)
