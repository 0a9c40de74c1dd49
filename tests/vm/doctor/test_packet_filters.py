"""Real firewalls: what doctor prints opens each for pods, and it stays open."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import TIMEOUT, Minipod
from tests.support.doctor import fixes, levels, look, seen, unfit
from tests.support.host import OUTSIDE, OUTSIDE_ADDRESS, WAN, run
from tests.support.manifests import container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.vm


LISTENS = ("python3", "-m", "http.server", "80", "--directory", "/run/netns")


@pytest.fixture(scope="module")
def pods(host: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minipod]:
    """Give two pods, of which one has a port of the machine; and somebody outside who answers."""
    folder = tmp_path_factory.mktemp("pods")
    minipod = Minipod(folder / "root", folder)
    port = {"ports": [{"containerPort": 8080, "hostPort": 8088}]}
    minipod.create(documents(pod("web", container("main", web(8080), **port)), pod("b")))
    outside = subprocess.Popen(
        ["ip", "netns", "exec", OUTSIDE, *LISTENS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: reaches_out(minipod))
    yield minipod
    outside.kill()
    outside.wait()
    minipod.ok("purge", "--yes")
    minipod.ok("server", "stop")


def reaches_out(minipod: Minipod) -> bool:
    """Return whether a pod gets an answer from outside."""
    page = f"http://{OUTSIDE_ADDRESS}/"
    done = minipod("exec", "web", "--", "curl", "-sS", "--max-time", "5", page)
    return done.returncode == 0


def is_reached(minipod: Minipod) -> bool:
    """Return whether somebody outside gets the pod's page from the machine's port."""
    page = ("curl", "-sS", "--max-time", "5", "http://192.0.2.2:8088/")
    done = subprocess.run(
        ["ip", "netns", "exec", OUTSIDE, *page], capture_output=True, text=True, check=False
    )
    return done.stdout == "web /\n"


def others_pass(minipod: Minipod) -> bool:
    """Return whether one pod gets the page of another."""
    page = f"http://{minipod.address('web')}:8080/"
    return minipod("exec", "b", "--", "curl", "-sS", "--max-time", "5", page).stdout == "web /\n"


def assert_mended(minipod: Minipod) -> None:
    """Say that nothing stands between pods and the outside."""
    assert levels(unfit(minipod)) == {}
    eventually(lambda: reaches_out(minipod))
    eventually(lambda: is_reached(minipod))


ZONE = f'<zone><short>Work</short><interface name="{WAN}"/></zone>\n'


def test_firewalld(pods: Minipod) -> None:
    """It lets pass what stays in one zone: the pods are in another than the outside."""
    Path("/etc/firewalld/zones/work.xml").write_text(ZONE)
    run_slowly("systemctl", "start", "firewalld")
    try:
        eventually(lambda: not reaches_out(pods))
        found = unfit(pods)
        assert levels(found) == {"forward-policy": "FAIL"}
        assert "firewalld" in seen(found, "forward-policy")
        assert others_pass(pods)
        eventually(answers)
        fixes(found, "forward-policy")
        assert_mended(pods)
        run_slowly("firewall-cmd", "--reload")
        assert_mended(pods)
        run_slowly("systemctl", "restart", "firewalld")
        eventually(answers)
        assert_mended(pods)
    finally:
        run_slowly("systemctl", "stop", "firewalld")
        filters_are_gone()


def test_ufw(pods: Minipod) -> None:
    run_slowly("ufw", "--force", "enable")
    try:
        assert not reaches_out(pods)
        found = unfit(pods)
        assert levels(found) == {"forward-policy": "FAIL"}
        assert "ufw" in seen(found, "forward-policy")
        fixes(found, "forward-policy")
        assert_mended(pods)
        run_slowly("ufw", "reload")
        assert_mended(pods)
    finally:
        run_slowly("ufw", "disable")
        filters_are_gone()


def test_docker(pods: Minipod) -> None:
    """It comes while pods run, and its chain for the rules of others has none of minipod's.

    Docker drops what it does not know if it is the one who has the machine forward packets.
    """
    run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    run_slowly("systemctl", "start", "docker")
    try:
        eventually(lambda: not reaches_out(pods))
        found = unfit(pods)
        assert levels(found) == {"docker-user": "FAIL"}
        assert others_pass(pods)
        fixes(found, "docker-user")
        assert_mended(pods)
        run_slowly("systemctl", "restart", "docker")
        assert_mended(pods)
    finally:
        run_slowly("systemctl", "stop", "docker.socket", "docker", "containerd")
        filters_are_gone()


def test_frames_between_pods_meet_no_rule_whatever_bridge_nf_call_says(pods: Minipod) -> None:
    run("modprobe", "br_netfilter")
    setting = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    assert setting.read_text() == "1\n"
    run("iptables", "-P", "FORWARD", "DROP")
    try:
        found = look(pods)
        assert levels(found) == {"forward-policy": "FAIL"}
        assert "is 1; it is about bridges of the machine's own" in seen(found, "bridge-nf-call")
        assert others_pass(pods)
    finally:
        filters_are_gone()


def answers() -> bool:
    """Return whether firewalld, whose start is over before, takes commands."""
    return subprocess.run(["firewall-cmd", "--state"], check=False).returncode == 0


def run_slowly(*argv: str) -> None:
    """Run a program of the firewall's, which takes its time under emulation."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"


def filters_are_gone() -> None:
    """Take away what a firewall leaves behind when it ends: the machine is the test's own."""
    tables = ("ip filter", "ip nat", "ip mangle", "ip raw", "inet firewalld")
    for table in tables:
        subprocess.run(["nft", "delete", "table", *table.split()], capture_output=True, check=False)
