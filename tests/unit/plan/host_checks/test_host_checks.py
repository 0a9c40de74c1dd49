"""What each check makes of what was seen: the facts here are recorded ones, or one step from well.

What a real machine can be made to show is in tests/e2e/test_doctor.py, with the fix at work.
"""

from __future__ import annotations

import subprocess
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from minipod.model.doctor import Check, Finding, Level
from minipod.model.host_facts import (
    Field,
    ForwardChain,
    GroupLimit,
    HostFacts,
    Match,
    Overlap,
    Rule,
    Traces,
    Verdict,
    Way,
)
from minipod.plan import lifecycle
from minipod.plan.host_checks.condition import HOST_READY, host_ready
from minipod.plan.host_checks.judge import complete, hints, judge
from tests.support.machine_facts import CLUSTER, FIT, LINK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def with_(family: str, **changes: Any) -> HostFacts:
    """Return the well machine with some facts of one family changed."""
    return replace(FIT, **{family: replace(getattr(FIT, family), **changes)})


def unwell(seen: HostFacts) -> list[Finding]:
    """Return what is not OK."""
    return [finding for finding in judge(seen) if finding.level is not Level.OK]


def only(seen: HostFacts) -> Finding:
    """Return the one finding that is not OK."""
    (finding,) = unwell(seen)
    return finding


def told(finding: Finding) -> tuple[Check, Level, str | None]:
    return finding.check, finding.level, finding.fix


def test_on_a_machine_that_is_well_every_check_says_so_in_order() -> None:
    findings = judge(FIT)
    assert [finding.check for finding in findings] == list(Check)
    assert {finding.level for finding in findings} == {Level.OK}
    assert all(finding.seen and finding.why is None and finding.fix is None for finding in findings)


def test_what_was_not_seen_is_told_as_such_and_not_as_well() -> None:
    seen = replace(FIT, routing=None, trials=None, firewall=None, resolver=None, leftovers=None)
    findings = complete(judge(seen))
    assert [finding.check for finding in findings] == list(Check)
    unknown = {finding.check for finding in findings if finding.level is Level.UNKNOWN}
    assert {Check.NFT, Check.VETH, Check.LEFTOVERS, Check.IP_FORWARD} <= unknown
    assert Check.DISK not in unknown


@pytest.mark.parametrize(
    ("sudo", "fix"), [(True, "sudo minipod doctor"), (False, "su -c 'minipod doctor'")]
)
def test_without_root_it_says_how_to_have_it(sudo: bool, fix: str) -> None:
    assert told(only(with_("rights", uid=1000, sudo=sudo))) == (Check.ROOT, Level.FAIL, fix)


def test_a_root_that_may_not_is_named_with_what_it_lacks() -> None:
    finding = only(with_("rights", missing=("CAP_NET_ADMIN", "CAP_SYS_ADMIN")))
    assert (finding.check, finding.level) == (Check.ROOT, Level.FAIL)
    assert finding.seen == "root without CAP_NET_ADMIN, CAP_SYS_ADMIN"


def test_hidden_processes_matter_only_to_who_may_not_look() -> None:
    assert unwell(with_("proc", options=("hidepid=2",))) == []
    seen = replace(with_("proc", options=("hidepid=invisible",)), rights=FIT.rights)
    blind = replace(seen, rights=replace(FIT.rights, missing=("CAP_SYS_PTRACE",)))
    assert [finding.check for finding in unwell(blind)] == [Check.ROOT, Check.PROC]


@pytest.mark.parametrize(
    ("check", "refusal", "level", "fix"),
    [
        (Check.NAMESPACES, "Operation not permitted (network namespace)", Level.FAIL, None),
        (Check.CLONE3, "Function not implemented: clone3", Level.WARN, None),
        (Check.PIDFD, "Function not implemented", Level.FAIL, None),
        (
            Check.SOCK_DIAG,
            "cannot list sockets: No such file or directory",
            Level.FAIL,
            "modprobe -a inet_diag tcp_diag udp_diag",
        ),
        (
            Check.CONTROL_GROUPS,
            "cannot mount cgroup2: Operation not permitted",
            Level.FAIL,
            "mkdir -p /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup",
        ),
        (Check.OVERLAYFS, "No such device: overlay", Level.WARN, "modprobe overlay"),
        (Check.VETH, "Operation not supported", Level.FAIL, "modprobe veth"),
        (Check.BRIDGE, "Operation not supported", Level.FAIL, "modprobe bridge"),
        (
            Check.NAT,
            "Error: Could not process rule: No such file or directory",
            Level.FAIL,
            "modprobe -a nft_chain_nat nft_masq nft_nat nft_ct nft_fib_ipv4",
        ),
    ],
)
def test_what_the_kernel_refuses_is_told_in_its_own_words(
    check: Check, refusal: str, level: Level, fix: str | None
) -> None:
    assert FIT.trials is not None
    finding = only(with_("trials", results={**FIT.trials.results, check: refusal}))
    assert (told(finding), finding.seen) == ((check, level, fix), refusal)


@pytest.mark.parametrize(
    ("systemd", "fix"),
    [(False, None), (True, "systemd-run --quiet --pipe --wait -- minipod doctor")],
)
def test_what_a_seccomp_filter_refuses_is_to_be_had_without_it(
    systemd: bool, fix: str | None
) -> None:
    refused = {Check.CLONE3: "clone3: Function not implemented", Check.VETH: "Not supported"}
    seen = replace(
        with_("trials", results=refused),
        rights=replace(FIT.rights, filtered=True, systemd=systemd),
    )
    clone3, veth = unwell(seen)
    assert told(clone3) == (Check.CLONE3, Level.WARN, fix)
    assert "A seccomp filter on this process refuses it" in (clone3.why or "")
    assert told(veth) == (Check.VETH, Level.FAIL, "modprobe veth")


def test_what_root_lacks_a_capability_for_is_not_mended_by_a_module() -> None:
    refused = {Check.VETH: "Operation not permitted"}
    seen = replace(
        with_("trials", results=refused),
        rights=replace(FIT.rights, missing=("CAP_NET_ADMIN",)),
        firewall=replace(FIT.firewall, trouble="Operation not permitted (you must be root)"),
    )
    found = {finding.check: finding.fix for finding in unwell(seen)}
    assert (found[Check.VETH], found[Check.NFT]) == (None, None)


def test_a_tree_of_groups_that_is_mounted_and_of_no_use_is_to_be_written_to() -> None:
    refused = {Check.CONTROL_GROUPS: "cannot mount cgroup2: Operation not permitted"}
    seen = with_("trials", results=refused, group_mount="/sys/fs/cgroup/unified", is_mounted=True)
    assert only(seen).fix == "mount -o remount,rw /sys/fs/cgroup/unified"


def chain(*rules: Rule, policy: Verdict = Verdict.DROP, **changes: str) -> ForwardChain:
    base = {"tool": "nft", "family": "inet", "table": "wall", "name": "fwd"}
    return ForwardChain(**base | changes, policy=policy, rules=rules)


PLACE = "chain fwd of nft table inet wall"


def test_a_chain_that_keeps_pods_from_the_outside_is_told_with_what_keeps_them() -> None:
    assert unwell(with_("firewall", chains=(chain(policy=Verdict.ACCEPT),))) == []
    finding = only(with_("firewall", chains=(chain(),)))
    assert (finding.check, finding.level) == (Check.FORWARD_POLICY, Level.FAIL)
    assert finding.seen == f"{PLACE}: its policy is drop, and no rule lets {CLUSTER} pass"
    drop = Rule(Verdict.DROP, told="the rule with handle 3 of chain fwd")
    accepts = chain(drop, Rule(Verdict.ACCEPT), policy=Verdict.ACCEPT)
    assert only(with_("firewall", chains=(accepts,))).seen == (
        f"{PLACE}: the rule with handle 3 of chain fwd drops {CLUSTER}, "
        "and none before it lets that pass"
    )


def test_a_chain_that_lets_nobody_in_from_outside_concerns_ports_of_the_machine() -> None:
    out = Rule(Verdict.ACCEPT, (Match(Field.SOURCE, (CLUSTER,)),))
    answers = Rule(Verdict.ACCEPT, (Match(Field.STATE, ("established",)),))
    finding = only(with_("firewall", chains=(chain(out, answers),)))
    assert (finding.check, finding.level) == (Check.FORWARD_POLICY, Level.WARN)
    assert "what begins outside for 10.244.0.0/16" in finding.seen


def test_each_firewall_is_opened_in_its_own_words() -> None:
    old = chain(tool="iptables-legacy", family="ip", table="filter", name="FORWARD")
    wall = chain(table="firewalld", name="filter_FORWARD")
    ufw = chain(tool="ufw", family="ip", table="filter", name="FORWARD")
    fixes = [finding.fix for finding in unwell(with_("firewall", chains=(old, wall, ufw)))]
    insert = "iptables-legacy -w -I FORWARD"
    back = "-d 10.244.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT"
    firewall_cmd = "firewall-cmd --permanent --zone=trusted"
    assert fixes == [
        f"{insert} -s 10.244.0.0/16 -j ACCEPT && {insert} {back}",
        f"{firewall_cmd} --add-source=10.244.0.0/16 && firewall-cmd --reload",
        "ufw route allow from 10.244.0.0/16 && ufw route allow to 10.244.0.0/16",
    ]


def test_beside_docker_only_the_rules_in_its_chain_count() -> None:
    forward = chain(tool="iptables", family="ip", table="filter", name="FORWARD")
    beside = {"chains": (forward,), "docker_user": True}
    assert unwell(with_("firewall", **beside)) == []
    rule = ("-i", LINK, "-m", "comment", "--comment", "minipod 00aa11", "-j", "ACCEPT")
    finding = only(with_("firewall", **beside, docker_missing=(rule,)))
    assert told(finding) == (
        Check.DOCKER_USER,
        Level.FAIL,
        f"iptables -w -I DOCKER-USER -i {LINK} -m comment --comment 'minipod 00aa11' -j ACCEPT",
    )


def test_without_nft_it_says_how_to_get_it_and_that_the_rest_is_unknown() -> None:
    found = unwell(with_("firewall", program=None))
    assert told(found[0]) == (Check.NFT, Level.FAIL, "apt-get install -y nftables")
    assert [finding.level for finding in found[1:]] == [Level.UNKNOWN]


def test_an_nft_that_the_kernel_refuses_wants_its_module() -> None:
    fix = unwell(with_("firewall", trouble="Could not process rule"))[0].fix
    assert fix == "modprobe nf_tables"


@pytest.mark.parametrize(
    ("value", "kernel", "well"),
    [("1", (6, 1), True), ("1", (5, 3), True), ("1", (4, 19), False), ("0", (4, 19), True)],
)
def test_bridged_frames_meet_the_host_s_rules_on_old_kernels_only(
    value: str, kernel: tuple[int, int], well: bool
) -> None:
    found = unwell(with_("firewall", bridge_nf_call=value, kernel=kernel))
    assert [finding.check for finding in found] == ([] if well else [Check.BRIDGE_NF_CALL])


VPN = Overlap(IPv4Network("10.244.3.0/24"), "tun0")


def test_a_route_into_the_pod_network_is_told_with_whom_it_cuts_off() -> None:
    finding = only(with_("routing", overlaps=(VPN,)))
    minipod = "minipod --root /var/lib/minipod"
    assert "10.244.3.0/24 by tun0" in finding.seen
    assert "pods in 10.244.3.0/24" in (finding.why or "")
    assert told(finding) == (
        Check.ROUTE_OVERLAP,
        Level.FAIL,
        f"{minipod} purge --yes && {minipod} --cluster-cidr 10.245.0.0/16 server start",
    )


def test_a_block_that_nobody_asked_for_is_passed_over_by_itself() -> None:
    free = {"claimed": False, "way": None, "overlaps": (VPN,)}
    assert unwell(with_("routing", **free)) == []
    finding = only(with_("routing", **free, asked=True))
    assert (finding.check, finding.level) == (Check.ROUTE_OVERLAP, Level.WARN)


def test_a_rule_that_leads_astray_matters_twice_if_the_filter_is_strict() -> None:
    astray = {"way": Way(IPv4Address("10.244.0.1"), "tun0")}
    rule = "ip rule add pref 1 to 10.244.0.0/16 lookup main"
    assert [told(finding) for finding in unwell(with_("routing", **astray))] == [
        (Check.POLICY_ROUTING, Level.FAIL, rule),
        (Check.RP_FILTER, Level.FAIL, rule),
    ]
    assert only(with_("routing", **astray, rp_filter=2)).check is Check.POLICY_ROUTING


def test_forwarding_that_is_off_matters_where_there_are_pods_or_nobody_may_switch() -> None:
    assert unwell(with_("routing", forwarding="0", way=None)) == []
    assert only(with_("routing", forwarding="0")).fix == "sysctl -w net.ipv4.ip_forward=1"
    locked = only(with_("routing", forwarding="0", way=None, forwarding_writable=False))
    assert (locked.check, locked.level) == (Check.IP_FORWARD, Level.FAIL)


@pytest.mark.parametrize(
    ("changes", "check", "level"),
    [
        ({"pid_max": 300}, Check.PID_MAX, Level.FAIL),
        ({"pid_max": 1000}, Check.PID_MAX, Level.WARN),
        ({"threads_max": 300}, Check.THREADS_MAX, Level.FAIL),
        ({"groups": (GroupLimit("/g/pids.max", 100, 9),)}, Check.CGROUP_PIDS, Level.FAIL),
        ({"open_files": 66}, Check.OPEN_FILES, Level.FAIL),
        ({"open_files": 512}, Check.OPEN_FILES, Level.WARN),
        ({"files_open": 999500}, Check.FILE_MAX, Level.FAIL),
        ({"inotify_instances": 8}, Check.INOTIFY, Level.WARN),
        ({"inotify_refused": "Too many open files"}, Check.INOTIFY, Level.FAIL),
        ({"neighbours": 512}, Check.NEIGHBOURS, Level.WARN),
        ({"pods": 400}, Check.NEIGHBOURS, Level.WARN),
        ({"connections": 65000}, Check.CONNECTIONS, Level.WARN),
        ({"connections": 65536}, Check.CONNECTIONS, Level.FAIL),
        ({"pods_of_root": 230}, Check.POD_ROOM, Level.WARN),
        ({"pods_of_root": 253}, Check.POD_ROOM, Level.FAIL),
        ({"pid_max": None}, Check.PID_MAX, Level.UNKNOWN),
        ({"file_max": None}, Check.FILE_MAX, Level.UNKNOWN),
    ],
)
def test_limits(changes: dict[str, Any], check: Check, level: Level) -> None:
    finding = only(with_("limits", **changes))
    assert (finding.check, finding.level) == (check, level)
    assert bool(finding.fix) == (level is not Level.UNKNOWN)


def test_a_limit_that_root_may_not_raise_has_no_command() -> None:
    finding = only(with_("limits", open_files=512, open_files_most=512))
    assert (finding.check, finding.fix) == (Check.OPEN_FILES, None)
    assert only(with_("limits", open_files=512, open_files_most=4096)).fix == "ulimit -n 4096"


def test_who_tracks_no_connection_has_room_for_all() -> None:
    assert unwell(with_("limits", connections=None, connections_most=None)) == []


def test_a_limit_of_neighbours_that_cannot_be_seen_is_nobody_s_fault() -> None:
    assert unwell(with_("limits", neighbours=None)) == []


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"free": 1 << 20}, Level.FAIL),
        ({"free": 100 << 20}, Level.WARN),
        ({"files_free": 9}, Level.FAIL),
        ({"read_only": True}, Level.FAIL),
    ],
)
def test_a_disk_that_is_full_or_locked(changes: dict[str, Any], level: Level) -> None:
    finding = only(with_("storage", root=replace(FIT.storage.root, **changes)))
    assert (finding.check, finding.level) == (Check.DISK, level)
    locked = "mount -o remount,rw /"
    elsewhere = "minipod --root /srv/minipod doctor"
    assert finding.fix == (locked if changes.get("read_only") else elsewhere)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "", "trouble": "No such file or directory"}, "cannot be read"),
        ({"text": "search example\n"}, "names no server"),
        ({"text": "nameserver 127.0.0.53\n"}, "names only 127.0.0.53"),
        ({"text": "nameserver dns.example\n"}, '"dns.example", which is no address'),
    ],
)
def test_a_resolver_that_pods_cannot_ask(changes: dict[str, Any], words: str) -> None:
    finding = only(with_("resolver", **changes))
    assert (finding.check, finding.level) == (Check.RESOLV_CONF, Level.WARN)
    assert words in finding.seen


@pytest.mark.parametrize("wrong", ["192.0.2", "192.0.2.1/24", "it's"])
def test_a_resolver_that_is_no_address_is_taken_out_and_no_other_is(
    tmp_path: Path, wrong: str
) -> None:
    """It may be a part of a good line, and have what a shell or a pattern takes for its own."""
    file = tmp_path / "resolv.conf"
    file.write_text(f"search example\nnameserver {wrong}\nnameserver 192.0.2.1\n")
    fix = only(with_("resolver", text=file.read_text())).fix
    assert fix is not None
    subprocess.run(["sh", "-ec", fix.replace("/etc/resolv.conf", str(file))], check=True)
    assert file.read_text() == "search example\nnameserver 192.0.2.1\n"


def test_a_local_forwarder_that_says_whom_it_asks_is_well() -> None:
    behind = {"text": "nameserver 127.0.0.53\n", "upstreams": ("nameserver 192.0.2.1\n",)}
    assert unwell(with_("resolver", **behind)) == []


def traces(**changes: Any) -> Traces:
    base: dict[str, Any] = {
        "root_id": "00aa11",
        "path": "/srv/lab",
        "folder_exists": True,
        "server": 77,
        "sandboxes": 3,
        "links": (LINK,),
        "claims": (CLUSTER,),
        "tables": (LINK,),
        "groups": ("/sys/fs/cgroup/minipod/00aa11",),
    }
    return Traces(**base | changes)


def fixes(roots: Iterable[Traces]) -> list[str | None]:
    return [finding.fix for finding in unwell(with_("leftovers", roots=tuple(roots)))]


def test_a_root_that_is_served_leaves_nothing() -> None:
    nothing: dict[str, Any] = {"sandboxes": 0, "links": (), "claims": (), "tables": ()}
    assert fixes([traces(), traces(server=None, **nothing)]) == []


def test_pods_without_a_server_and_pods_without_a_folder() -> None:
    assert fixes([traces(server=None), traces(folder_exists=False, server=None)]) == [
        "minipod --root /srv/lab server start",
        "minipod --root /srv/lab purge --yes && minipod --root /srv/lab server stop",
    ]


def test_what_nobody_knows_the_root_of_is_removed_by_hand() -> None:
    (fix,) = fixes([traces(path=None, folder_exists=False, server=None, sandboxes=0)])
    assert fix == (
        f"ip link delete {LINK} && "
        "ip route delete unreachable 10.244.0.0/16 proto 109 metric 4278198272 && "
        f"nft delete table ip {LINK} && "
        "find /sys/fs/cgroup/minipod/00aa11 -depth -type d -delete"
    )


def test_empty_groups_of_roots_that_are_gone_are_told_together() -> None:
    nothing: dict[str, Any] = {
        "path": None,
        "folder_exists": False,
        "server": None,
        "sandboxes": 0,
        "links": (),
        "claims": (),
        "tables": (),
    }
    roots = tuple(traces(**nothing, root_id=name, groups=(f"/g/{name}",)) for name in ("a", "b"))
    assert fixes(roots) == ["find /g/a /g/b -depth -type d -delete"]
    assert len(fixes((*roots, traces(server=None)))) == 2


def test_hints_are_about_the_step_that_failed() -> None:
    findings = judge(with_("limits", pid_max=300, inotify_instances=1))
    assert [each.check for each in hints(lifecycle.CreateSandbox, findings)] == [Check.PID_MAX]
    assert hints(lifecycle.Wire, findings) == ()
    assert hints(lifecycle.Forget, findings) == ()


def test_hints_that_warn_are_told_only_where_none_fails() -> None:
    warns = judge(with_("limits", pid_max=1000))
    both = judge(with_("limits", pid_max=1000, threads_max=300))
    assert [each.check for each in hints(lifecycle.CreateSandbox, warns)] == [Check.PID_MAX]
    assert [each.check for each in hints(lifecycle.CreateSandbox, both)] == [Check.THREADS_MAX]


def test_a_pod_s_condition_has_a_line_for_each_hint_and_is_not_there_without() -> None:
    (condition,) = host_ready(unwell(with_("limits", pid_max=300, threads_max=300)))
    assert (condition["type"], condition["status"]) == (HOST_READY, "False")
    first, second = condition["message"].splitlines()
    assert first.startswith("pid-max: kernel.pid_max is 300")
    assert second.endswith("Fix: sysctl -w kernel.threads-max=1000000")
    assert host_ready(()) == []
