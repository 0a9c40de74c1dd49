"""`minipod doctor` on a machine that is broken on purpose: it says what, and its fix mends it.

The fix that a shell runs is the one that doctor printed. What breaks here breaks in a namespace of
the test's own, or is a file mounted over the kernel's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import PROGRAM, Minipod
from tests.support.doctor import assert_cured, broken, fixes, levels, look, seen
from tests.support.host import (
    OUTSIDE_ADDRESS,
    WAN,
    control_groups,
    ip_json,
    processes,
    root_id,
    run,
    snapshot,
    sweep,
)
from tests.support.manifests import container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pids_group() -> Iterator[Path]:
    """Give a control group, of either version, that may have few processes."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = [(line.split()[4], line.partition(" - ")[2].split()) for line in lines]
    v1 = [point for point, kind in mounts if kind[0] == "cgroup" and "pids" in kind[2].split(",")]
    v2 = [point for point, kind in mounts if kind[0] == "cgroup2"]
    group = Path((v1 or v2)[0], f"doctor-{os.getpid()}")
    group.mkdir()
    (group / "pids.max").write_text("100")
    yield group
    eventually(lambda: (group / "cgroup.procs").read_text() == "")
    group.rmdir()


def may_raise_limits() -> bool:
    """Return whether root has CAP_SYS_RESOURCE here."""
    status = Path("/proc/self/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(mask, 16) >> 24 & 1)


def test_low_limits(minipod: Minipod, pids_group: Path) -> None:
    breaks = f"""
        fake() {{ echo $2 > fake-${{1##*/}}; mount --bind fake-${{1##*/}} /proc/sys/$1; }}
        modprobe -q nf_conntrack || :
        fake kernel/pid_max 100
        fake kernel/threads-max 100
        fake fs/file-max 1000
        fake net/netfilter/nf_conntrack_max 0
        fake fs/inotify/max_user_instances 8
        mount -t tmpfs neighbours /proc/sys/net/ipv4/neigh
        mkdir /proc/sys/net/ipv4/neigh/default
        echo 128 > /proc/sys/net/ipv4/neigh/default/gc_thresh3
        echo $$ > {pids_group}/cgroup.procs
        ulimit -n 512
    """
    failing = ("pid-max", "threads-max", "file-max", "connections", "cgroup-pids")
    warned = ("inotify", "neighbours", "open-files")
    outcome = broken(minipod, breaks, *failing, *warned)
    assert levels(outcome.before) == dict.fromkeys(failing, "FAIL") | dict.fromkeys(warned, "WARN")
    if may_raise_limits():
        assert levels(outcome.after) == {}
        assert "65536 files open" in seen(outcome.after, "open-files")
    else:
        assert levels(outcome.after) == {"open-files": "WARN"}
        (unfit,) = (each for each in outcome.before if each["check"] == "open-files")
        assert unfit["fix"] is None
    assert f"{pids_group}/pids.max is 100" in seen(outcome.before, "cgroup-pids")


def test_folders_that_cannot_be_written_and_a_resolver_that_nobody_can_ask(
    minipod: Minipod,
) -> None:
    stub = minipod.folder / "resolv.conf"
    stub.write_text("nameserver 127.0.0.53\n")
    breaks = f"""
        mkdir {minipod.root}
        mount -t tmpfs -o ro,size=400m root {minipod.root}
        mount -o remount,bind,ro /run/netns
        mount --bind {stub} /etc/resolv.conf
        mount -t tmpfs none /run/systemd 2>/dev/null || :
    """
    outcome = broken(minipod, breaks, "disk", "run-folder", "resolv-conf")
    assert_cured(outcome, {"disk": "FAIL", "run-folder": "FAIL", "resolv-conf": "WARN"})
    minipod.root.rmdir()


def test_a_full_disk_has_a_root_elsewhere_as_the_way_out(minipod: Minipod) -> None:
    """The printed command is doctor itself, for that root: it finds nothing to complain of."""
    breaks = f"""
        mkdir {minipod.root}
        mount -t tmpfs -o size=1m root {minipod.root}
        head -c 1m /dev/zero > {minipod.root}/full || :
        minipod() {{ LOOK="${{LOOK% *}} $2"; test "$1 $3" = "--root doctor"; }}
    """
    assert_cured(broken(minipod, breaks, "disk"), {"disk": "FAIL"})
    minipod.root.rmdir()


def test_a_proc_without_settings(minipod: Minipod) -> None:
    outcome = broken(minipod, "mount -t proc -o subset=pid proc /proc", "proc")
    assert levels(outcome.before)["proc"] == "FAIL"
    assert levels(outcome.after) == {}


def test_an_nft_that_fails_and_one_that_is_not_there(minipod: Minipod) -> None:
    nft = shutil.which("nft")
    assert nft is not None
    path = 'mkdir shims; PATH="$PWD/shims:$PATH"'
    fails = f"{path}; printf '#!/bin/sh\\nexit 1\\n' > shims/nft; chmod +x shims/nft"
    outcome = broken(minipod, fails, "nft")
    assert_cured(outcome, {"nft": "FAIL", "nat": "UNKNOWN", "forward-policy": "UNKNOWN"})
    shutil.rmtree(minipod.folder / "shims")
    # The package's manager is played: it takes away what hides the program.
    installer = "printf '#!/bin/sh\\numount \"$HIDDEN\"\\n' > shims/apt-get; chmod +x shims/apt-get"
    gone = f"{path}; {installer}; export HIDDEN=$(realpath {nft}); mount --bind /dev/null $HIDDEN"
    outcome = broken(minipod, gone, "nft")
    assert_cured(outcome, {"nft": "FAIL", "nat": "UNKNOWN", "forward-policy": "UNKNOWN"})
    assert seen(outcome.before, "nft") == "nft is not installed"


def test_no_namespaces_left(minipod: Minipod) -> None:
    """In a user namespace, which has limits of its own."""
    breaks = "echo 0 > /proc/sys/user/max_net_namespaces"
    outcome = broken(minipod, breaks, "namespaces", way=("unshare", "-U", "-r"))
    assert levels(outcome.before)["namespaces"] == "FAIL"
    assert "No space left on device" in seen(outcome.before, "namespaces")
    assert "namespaces" not in levels(outcome.after)


def test_a_machine_whose_root_is_an_overlay_of_an_overlay(minipod: Minipod) -> None:
    """No command mends that: the annotation that it names is the way out."""
    layers = """
        mount -t tmpfs layers /mnt
        mkdir /mnt/u1 /mnt/w1 /mnt/one /mnt/u2 /mnt/w2 /mnt/two
        mount -t overlay one -o lowerdir=/,upperdir=/mnt/u1,workdir=/mnt/w1 /mnt/one
        mount -t overlay two -o lowerdir=/mnt/one,upperdir=/mnt/u2,workdir=/mnt/w2 /mnt/two
        for folder in /proc /sys /dev /run /tmp; do mount --rbind $folder /mnt/two$folder; done
        exec chroot /mnt/two "$0" doctor -o json
    """
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", layers, str(PROGRAM)],
        env=minipod.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["checks"]
    (finding,) = (each for each in found if each["check"] == "overlayfs")
    assert finding["level"] == "WARN"
    assert "minipod.dev/rootfs: host" in finding["why"]


def test_without_root_it_says_what_it_can_and_how_to_be_root(minipod: Minipod) -> None:
    """The one capability lets it read the interpreter, wherever that is."""
    capability = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    plain = ("setpriv", "--reuid=65534", "--clear-groups", *capability)
    done = subprocess.run(
        [*plain, str(PROGRAM), "doctor", "-o", "json"],
        env=minipod.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    found = levels(report["checks"])
    assert report["watcher"] is None
    assert {check for check, level in found.items() if level == "FAIL"} == {"root"}
    assert {"namespaces", "nft", "veth"} <= {c for c, level in found.items() if level == "UNKNOWN"}
    assert not {"pidfd", "disk", "pid-max", "route-overlap"} & found.keys()
    (fix,) = (each["fix"] for each in report["checks"] if each["check"] == "root")
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    environment = minipod.environment | {"PATH": path}
    mended = subprocess.run(
        ["sh", "-c", fix], env=environment, capture_output=True, text=True, check=False
    )
    assert levels(json.loads(mended.stdout)["checks"]) == {}


REFUSED = """
import errno, socket, sys
one = socket.socket()
one.settimeout(1)
sys.exit(one.connect_ex((sys.argv[1], 80)) != errno.ECONNREFUSED)
"""
"""Succeeds if somebody says no: nothing listens outside, but an answer comes from there."""


def outside_is_reached(minipod: Minipod) -> bool:
    return minipod("exec", "web", "--", "python3", "-c", REFUSED, OUTSIDE_ADDRESS).returncode == 0


@pytest.fixture
def tidy_filters() -> Iterator[None]:
    """Take away what the test does to the machine's filters and rules."""
    yield
    script = f"""
        nft delete table inet wall
        for tool in iptables iptables-legacy; do
            $tool -P FORWARD ACCEPT; $tool -F FORWARD; $tool -F DOCKER-USER; $tool -X DOCKER-USER
        done
        nft delete table ip filter
        ip rule del pref 100; ip rule del pref 1; ip route flush table 99
        ip route del 10.244.0.0/25 via {OUTSIDE_ADDRESS}
        true
    """
    subprocess.run(["sh", "-c", script], capture_output=True, check=True)


def test_what_keeps_pods_from_the_outside(minipod: Minipod, tidy_filters: None) -> None:
    minipod.create(documents(pod("web", container("main", web(8080))), pod("b")))
    eventually(lambda: outside_is_reached(minipod))
    assert levels(look(minipod)) == {}
    link = f"minipod-{root_id(minipod.root)}"
    breaks = f"""
        iptables -P FORWARD DROP
        iptables-legacy -P FORWARD DROP
        nft add table inet wall
        nft add chain inet wall 'out' '{{ type filter hook forward priority 0; policy drop; }}'
        sysctl -qw net.ipv4.ip_forward=0
        sysctl -qw net.ipv4.conf.{link}.rp_filter=1
        ip route add default via {OUTSIDE_ADDRESS} table 99
        ip rule add pref 100 lookup 99
    """
    run("sh", "-ec", breaks)
    assert not outside_is_reached(minipod)
    found = look(minipod)
    causes = ("forward-policy", "ip-forward", "policy-routing", "rp-filter")
    assert levels(found) == dict.fromkeys(causes, "FAIL")
    tools = [each["fix"].split()[0] for each in found if each["check"] == "forward-policy"]
    assert sorted(tools) == ["iptables", "iptables-legacy", "nft"]
    # Frames between pods meet none of it, whatever bridge-nf-call-iptables says.
    assert "bridge-nf-call" not in levels(found)
    page = f"http://{minipod.address('web')}:8080/"
    assert minipod.ok("exec", "b", "--", "curl", "-sS", "--max-time", "5", page) == "web /\n"
    fixes(found, "forward-policy", "ip-forward", "policy-routing")
    assert levels(look(minipod)) == {}
    eventually(lambda: outside_is_reached(minipod))
    run("sh", "-ec", RULES)
    assert not outside_is_reached(minipod)
    found = look(minipod)
    assert levels(found) == {"forward-policy": "FAIL"}
    assert "of chain lan drops 10.244.0.0/16" in seen(found, "forward-policy")
    assert "-A FORWARD -s 10.244.0.0/16 -j DROP drops" in seen(found, "forward-policy")
    fixes(found, "forward-policy")
    assert levels(look(minipod)) == {}
    eventually(lambda: outside_is_reached(minipod))


RULES = """
    nft -f - <<END
    table inet wall {
        chain lan { tcp dport 25 drop; ip saddr 10.0.0.0/8 drop; }
        chain onwards {
            type filter hook forward priority 0; policy accept;
            ct state vmap { invalid : drop, established : accept }
            iifname "minipod-*" goto lan
            accept
        }
    }
END
    iptables-legacy -I FORWARD -s 10.244.0.0/16 -j DROP
"""
"""Drops before an accept: the policies, and what accepts, let pods pass."""


def test_a_strict_filter_of_forged_senders_is_mended_by_its_own_fix(
    minipod: Minipod, tidy_filters: None
) -> None:
    minipod.create(pod("web"))
    link = f"minipod-{root_id(minipod.root)}"
    run("iptables", "-N", "DOCKER-USER")
    run("sysctl", "-qw", f"net.ipv4.conf.{link}.rp_filter=1")
    run("ip", "route", "add", "default", "via", OUTSIDE_ADDRESS, "table", "99")
    run("ip", "rule", "add", "pref", "100", "lookup", "99")
    run("ip", "route", "add", "10.244.0.0/25", "via", OUTSIDE_ADDRESS)
    found = look(minipod)
    causes = ("docker-user", "route-overlap", "policy-routing", "rp-filter")
    assert levels(found) == dict.fromkeys(causes, "FAIL")
    assert f"10.244.0.0/25 by {WAN}" in seen(found, "route-overlap")
    fixes(found, "docker-user", "rp-filter")
    run("ip", "rule", "del", "pref", "100")
    found = look(minipod)
    assert "docker-user" not in levels(found)
    fixes(found, "route-overlap")  # the pods go, and the server is asked for another block
    assert levels(look(minipod)) == {}
    minipod.create(pod("web"))
    assert minipod.address("web").startswith("10.245.0.")
    assert run("ip", "-4", "route", "get", minipod.address("web")).split()[4] == link


def test_what_a_root_left_that_was_removed_by_hand(minipod: Minipod, tmp_path: Path) -> None:
    other = Minipod(tmp_path / "other", tmp_path)
    before = snapshot()
    other.create(pod("web"))
    server = other.server_pid()
    shutil.rmtree(other.root)
    try:
        eventually(lambda: server not in processes(other.root))  # it sees that its root is gone
        found = [each for each in look(minipod) if str(other.root) in each["seen"]]
        assert [(each["check"], each["level"]) for each in found] == [("leftovers", "WARN")]
        fixes(found, "leftovers")
        assert not any(str(other.root) in each["seen"] for each in look(minipod))
        eventually(lambda: not processes(other.root) and not control_groups(other.root))
    finally:
        sweep(other.root, before)


def test_a_root_in_a_container_is_none_whose_folder_is_gone(
    minipod: Minipod, tmp_path: Path
) -> None:
    """What runs there is seen from here, and its folder is not."""
    there = tmp_path / "container"
    there.mkdir()
    other = Minipod(there / "root", tmp_path)
    script = """
        mount -t tmpfs container "$0"
        "$1" server start && cat && "$1" purge --yes && "$1" server stop
    """
    inside = subprocess.Popen(
        ["unshare", "-m", "sh", "-ec", script, str(there), str(PROGRAM)],
        env=other.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    eventually(lambda: processes(other.root))
    eventually(lambda: other.root.name in os.listdir(f"/proc/{inside.pid}/root{there}"))
    try:
        assert not other.root.exists()
        assert not any(str(other.root) in each["seen"] for each in look(minipod))
    finally:
        inside.communicate()
    assert inside.returncode == 0


def test_what_nobody_knows_the_root_of(minipod: Minipod) -> None:
    mark = '"minipod abcdef"'
    script = f"""
        ip link add minipod-abcdef type veth peer name abcdef
        ip link set minipod-abcdef alias {mark}
        ip route add unreachable 10.251.0.0/16 proto 109 metric 4278198272 window {0xABCDEF}
        nft add table ip minipod-abcdef
        nft add chain ip minipod-abcdef mine
        nft add rule ip minipod-abcdef mine counter comment '{mark}'
        ln -s /proc/4194305/ns/net /run/netns/gone
        ln -s /proc/{os.getpid()}/ns/net /run/netns/stranger
    """
    run("sh", "-ec", script)
    found = look(minipod)
    assert levels(found) == {"netns-names": "WARN"}
    assert "2 names in /run/netns lead nowhere: gone, stranger" in seen(found, "netns-names")
    ours = [each for each in found if "of root abcdef" in each["seen"]]
    assert len(ours) == 1
    fixes(ours, "leftovers")
    fixes(found, "netns-names")
    found = look(minipod)
    assert levels(found) == {}
    assert not any("abcdef" in each["seen"] for each in found)
    assert all(link["ifname"] != "minipod-abcdef" for link in ip_json("link"))


def test_a_pod_that_does_not_come_up_is_told_why_and_comes_up_when_that_is_mended(
    minipod: Minipod,
) -> None:
    run("mount", "-o", "remount,ro", "/run/netns")
    try:
        done = minipod("create", "-f", "-", stdin=pod("web"))
        hints = [line for line in done.stderr.splitlines() if line.startswith("Hint: ")]
        assert len(hints) == 2, done.stderr
        assert hints[0].startswith("Hint: pod/web does not come up: cannot name a namespace")
        told, _, fix = hints[1].partition(". Fix: ")
        assert told.startswith("Hint: run-folder: /run/netns is on /run/netns, which is read-only")
        run("sh", "-c", fix)
        eventually(lambda: minipod.pod("web")["status"]["phase"] == "Running")
    finally:
        run("mount", "-o", "remount,rw", "/run/netns")
    kinds = {each["type"] for each in minipod.pod("web")["status"]["conditions"]}
    assert "minipod.dev/HostReady" not in kinds


def test_it_says_what_is_in_use_and_what_that_costs(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    watcher = minipod.json("doctor")["watcher"]
    assert watcher["mechanism"] in {"fexit", "tracepoint"}
    assert run("ps", "-o", "comm=", "-p", str(watcher["pid"])).strip() == "minipod-watcher"
    assert 0.5 < watcher["cost"]["otherRatio"] < 5
    assert 0.5 < watcher["cost"]["bindRatio"] < 5
    assert watcher["lost"] == 0
    again = minipod.json("doctor")["watcher"]
    assert again["cost"] == watcher["cost"]  # it was not measured again
    text = minipod.ok("doctor")
    assert f"\nRefused binds are seen by: {watcher['mechanism']} (pid " in text


def test_only_what_is_allowed_is_tried(minipod: Minipod) -> None:
    minipod.environment["MINIPOD_WATCHER"] = "none"
    minipod.ok("server", "start")
    text = minipod.ok("doctor")
    assert "Refused binds are seen by: none (pid " in text
    assert "not fexit: MINIPOD_WATCHER does not allow it" in text
    assert text.endswith("Cost: not measured\n")


def test_a_mechanism_that_there_is_not_is_named(minipod: Minipod) -> None:
    minipod.environment["MINIPOD_WATCHER"] = "fexit,bogus"
    minipod.ok("server", "start")
    assert "cannot start the watcher: MINIPOD_WATCHER: 'bogus' is not" in minipod.ok("doctor")


def test_a_measurement_leaves_no_process_behind(minipod: Minipod) -> None:
    first = minipod.json("doctor", "--measure")["watcher"]
    second = minipod.json("doctor", "--measure")["watcher"]
    assert first["pid"] == second["pid"]
    (group,) = control_groups(minipod.root)
    pids = (group / "_watcher/cgroup.procs").read_text().split()
    assert pids == [str(first["pid"])]
