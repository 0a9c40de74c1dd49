"""What containers of a pod share, what they do not, and what they may not do."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.host import control_groups, ip_json, run, snapshot
from tests.support.manifests import container, documents, pod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.command import Minipod

KUBERNETES_CAPABILITIES = (
    (1 << 0) | (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 8)
    | (1 << 10) | (1 << 13) | (1 << 18) | (1 << 27) | (1 << 29) | (1 << 31)
)  # fmt: skip
"""chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot
mknod audit_write setfcap: what containerd gives a container."""


def inside(minipod: Minipod, name: str, which: str, script: str) -> str:
    return minipod.ok("exec", name, "-c", which, "--", "sh", "-c", script).strip()


def two(minipod: Minipod) -> None:
    minipod.create(pod("web", container("a"), container("b")))


def namespace(minipod: Minipod, which: str, kind: str) -> str:
    return inside(minipod, "web", which, f"readlink /proc/self/ns/{kind}")


@pytest.fixture
def on_disk() -> Iterator[Path]:
    """Give a folder of the host that is not below /tmp: containers have a /tmp of their own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def test_network_hostname_and_ipc_are_shared_pids_and_files_are_not(minipod: Minipod) -> None:
    two(minipod)
    for kind in ("net", "uts", "ipc"):
        shared = namespace(minipod, "a", kind)
        assert shared == namespace(minipod, "b", kind)
        assert shared != str(Path(f"/proc/self/ns/{kind}").readlink())
    for kind in ("pid", "mnt"):
        assert namespace(minipod, "a", kind) != namespace(minipod, "b", kind)
        assert namespace(minipod, "a", kind) != str(Path(f"/proc/self/ns/{kind}").readlink())
    assert inside(minipod, "web", "a", "hostname; cat /etc/hostname") == "web\nweb"


def test_the_program_is_pid_1_and_sees_its_own_container_only(minipod: Minipod) -> None:
    two(minipod)
    assert inside(minipod, "web", "a", "tr '\\0' ' ' </proc/1/cmdline").startswith("sh -c ")
    others = inside(minipod, "web", "b", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert others.count("trap") == 1


def test_a_file_of_one_is_seen_by_nobody_else(minipod: Minipod) -> None:
    two(minipod)
    folders = ("/etc", "/root", "/tmp", "/run", "/var", "/dev")
    marks = [f"{folder}/minipod-test" for folder in folders]
    for mark in marks:
        inside(minipod, "web", "a", f"echo mine >{mark}")
        assert inside(minipod, "web", "a", f"cat {mark}") == "mine"
        assert not Path(mark).exists()
        assert minipod("exec", "web", "-c", "b", "--", "cat", mark).returncode != 0


def test_shared_memory_is_the_pod_s(minipod: Minipod) -> None:
    two(minipod)
    inside(minipod, "web", "a", "echo ours >/dev/shm/minipod-test")
    assert inside(minipod, "web", "b", "cat /dev/shm/minipod-test") == "ours"
    assert not Path("/dev/shm/minipod-test").exists()


def test_a_file_of_the_host_is_seen_and_stays_as_it_is(minipod: Minipod, on_disk: Path) -> None:
    two(minipod)
    (on_disk / "kept").write_text("the host's")
    (on_disk / "changed").write_text("the host's")
    assert inside(minipod, "web", "a", f"cat {on_disk}/kept") == "the host's"
    inside(minipod, "web", "a", f"rm {on_disk}/kept; echo mine >{on_disk}/changed")
    assert inside(minipod, "web", "a", f"ls {on_disk}") == "changed"
    assert (on_disk / "kept").read_text() == "the host's"
    assert (on_disk / "changed").read_text() == "the host's"
    assert inside(minipod, "web", "b", f"cat {on_disk}/changed") == "the host's"


def test_a_started_again_container_begins_afresh(minipod: Minipod) -> None:
    script = "test -e /root/mark && exit 9; echo >/root/mark; exit 4"
    minipod.create(pod("web", container("main", ["sh", "-c", script])))

    def ended_twice() -> bool:
        (seen,) = minipod.pod("web")["status"]["containerStatuses"]
        return bool(seen["restartCount"] == 1 and seen["state"].get("waiting"))

    eventually(ended_twice)
    (seen,) = minipod.pod("web")["status"]["containerStatuses"]
    assert seen["lastState"]["terminated"]["exitCode"] == 4


def test_the_host_gets_no_mount_point(minipod: Minipod) -> None:
    before = snapshot().mounts
    two(minipod)
    assert snapshot().mounts == before


def test_the_annotation_shares_the_host_s_files(minipod: Minipod, on_disk: Path) -> None:
    mark = on_disk / "mark"
    minipod.create(pod("web", annotations={"minipod.dev/rootfs": "host"}))
    inside(minipod, "web", "main", f"echo hello >{mark}; hostname >>{mark}")
    assert mark.read_text() == "hello\nweb\n"
    assert inside(minipod, "web", "main", "cat /etc/hostname") == "web"


def test_capabilities_are_kubernetes_default(minipod: Minipod) -> None:
    two(minipod)
    status = inside(minipod, "web", "a", "cat /proc/1/status")
    for name in ("CapPrm", "CapEff", "CapBnd"):
        match = re.search(rf"{name}:\s+([0-9a-f]+)", status)
        assert match is not None
        assert int(match[1], 16) == KUBERNETES_CAPABILITIES, name
    assert minipod("exec", "web", "-c", "a", "--", "mount", "-t", "tmpfs", "x", "/mnt").returncode
    assert minipod("exec", "web", "-c", "a", "--", "ip", "link", "del", "eth0").returncode


def test_minipod_s_state_is_out_of_reach(minipod: Minipod) -> None:
    two(minipod)
    assert inside(minipod, "web", "a", f"ls -A {minipod.root}; true") == ""
    curl = f"curl -s --unix-socket {minipod.root}/server.sock http://minipod/version"
    assert minipod("exec", "web", "-c", "a", "--", "sh", "-c", curl).returncode != 0


def test_a_pod_with_the_host_s_files_is_refused_by_the_server(minipod: Minipod) -> None:
    minipod.create(pod("web", annotations={"minipod.dev/rootfs": "host"}))
    curl = f"curl -s --unix-socket {minipod.root}/server.sock http://minipod/api/v1/pods"
    answer = minipod("exec", "web", "--", "sh", "-c", curl)
    assert "PodList" not in answer.stdout


def test_the_pod_has_hosts_and_resolv_conf_of_its_own(minipod: Minipod) -> None:
    two(minipod)
    address = minipod.address("web")
    hosts = inside(minipod, "web", "a", "cat /etc/hosts")
    assert hosts.startswith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
    assert hosts.endswith(f"{address}\tweb")
    assert inside(minipod, "web", "b", "getent ahostsv4 web").split()[0] == address
    assert "nameserver 127." not in inside(minipod, "web", "a", "cat /etc/resolv.conf")
    assert "web" not in Path("/etc/hosts").read_text().split()


def test_every_container_has_a_control_group(minipod: Minipod) -> None:
    two(minipod)
    uid = minipod.pod("web")["metadata"]["uid"]
    (group,) = control_groups(minipod.root)
    inside_each = {}
    for name in ("a", "b"):
        inside_each[name] = (group / uid / name / "cgroup.procs").read_text().split()
        assert inside_each[name]
    assert not set(inside_each["a"]) & set(inside_each["b"])


def test_devices_proc_and_sys(minipod: Minipod) -> None:
    two(minipod)
    inside(minipod, "web", "a", "head -c 1 /dev/urandom >/dev/null; test -c /dev/zero")
    assert inside(minipod, "web", "a", "ls /dev/sda /dev/vda 2>/dev/null; true") == ""
    assert inside(minipod, "web", "a", "ls /sys/class/net").split() == ["eth0", "lo"]
    assert minipod("exec", "web", "-c", "a", "--", "sh", "-c", "echo 1 >/sys/kernel/x").returncode
    script = "echo 1 >/proc/sys/kernel/panic"
    assert minipod("exec", "web", "-c", "a", "--", "sh", "-c", script).returncode


def test_loopback_and_eth0_are_up(minipod: Minipod) -> None:
    two(minipod)
    links = {link["ifname"]: link for link in ip_json("-n", "root.default.web", "address")}
    assert set(links) == {"lo", "eth0"}
    assert "UP" in links["lo"]["flags"]
    assert links["eth0"]["operstate"] == "UP"
    assert links["eth0"]["mtu"] == 1500
    (default,) = ip_json("-n", "root.default.web", "route", "show", "default")
    assert default["gateway"] == "10.244.0.1"


def test_ip_netns_enters_the_pod(minipod: Minipod) -> None:
    minipod.create(documents(pod("web"), pod("other")))
    assert "root.default.web" in run("ip", "netns", "list").split()
    shown = run("ip", "netns", "exec", "root.default.web", "ip", "-brief", "address")
    assert minipod.address("web") in shown
    minipod.ok("delete", "pod", "web")
    assert "root.default.web" not in run("ip", "netns", "list").split()
    assert "root.default.other" in run("ip", "netns", "list").split()
