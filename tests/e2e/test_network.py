"""A flat network: every pod reaches every other; the host's own things are left alone."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Minipod
from tests.support.doctor import fixes, levels, look, seen
from tests.support.host import HOST_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS, run, snapshot, strays
from tests.support.manifests import container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


def fetch(minipod: Minipod, name: str, url: str) -> str:
    """Fetch a page from inside a pod, once its server listens."""

    def probe() -> str:
        done = minipod("exec", name, "--", "curl", "-sS", "--max-time", "5", url)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return eventually(probe)


WHO = """
import http.server
class Who(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.client_address[0].encode())
http.server.HTTPServer(("", 80), Who).serve_forever()
"""
"""Answers with the address of who calls."""


@pytest.fixture
def server_outside() -> Iterator[None]:
    """Run a server on the one address that is outside, which says who called."""
    argv = ["ip", "netns", "exec", OUTSIDE, "python3", "-c", WHO]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as server:
        yield
        server.kill()


def test_pods_reach_each_other_and_themselves_on_any_port(minipod: Minipod) -> None:
    declared = [{"containerPort": 8080}]
    minipod.create(
        documents(
            pod("a", container("one", web(8080), ports=declared), container("two", web(9999))),
            pod("b"),
        )
    )
    address = minipod.address("a")
    assert fetch(minipod, "b", f"http://{address}:8080/") == "a /\n"
    assert fetch(minipod, "b", f"http://{address}:9999/") == "a /\n"
    assert fetch(minipod, "a", f"http://{address}:9999/") == "a /\n"
    assert fetch(minipod, "a", "http://localhost:8080/") == "a /\n"


def test_the_host_reaches_pods_and_pods_the_host(minipod: Minipod) -> None:
    minipod.create(pod("a", container("main", web(8080))))
    eventually(lambda: minipod.json("ports", "a"))
    assert run("curl", "-sS", f"http://{minipod.address('a')}:8080/") == "a /\n"
    with subprocess.Popen(
        ["python3", "-m", "http.server", "8000"], stderr=subprocess.DEVNULL
    ) as it:
        fetch(minipod, "a", f"http://{HOST_ADDRESS}:8000/")
        it.kill()


def test_pods_reach_the_outside_as_the_host(minipod: Minipod, server_outside: None) -> None:
    minipod.create(pod("a"))
    assert fetch(minipod, "a", f"http://{OUTSIDE_ADDRESS}/") == HOST_ADDRESS


def test_a_caller_s_address_is_not_translated(minipod: Minipod) -> None:
    minipod.create(
        documents(
            pod("who", container("main", ["python3", "-c", WHO])),
            pod("caller"),
        )
    )
    url = f"http://{minipod.address('who')}/"
    assert fetch(minipod, "caller", url) == minipod.address("caller")
    minipod.ok("delete", "pod", "who", "--grace-period", "1")


def test_a_dead_address_answers_at_once_and_nothing_leaves_the_host(minipod: Minipod) -> None:
    minipod.create(pod("a"))
    before = strays()
    dead = ("10.244.7.7", "10.244.200.9")  # no such node
    for address in dead:
        done = minipod("exec", "a", "--", "curl", "-sS", "--max-time", "5", f"http://{address}/")
        assert done.returncode == 7, done.stderr  # refused or unreachable; 28 is a timeout
        host = subprocess.run(
            ["curl", "-sS", "--max-time", "5", f"http://{address}/"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert host.returncode == 7, host.stderr
    assert strays() == before


def test_the_bridge_is_in_the_node_and_the_host_has_one_link(minipod: Minipod) -> None:
    before = snapshot()
    minipod.create(documents(pod("a"), pod("b")))
    after = snapshot()
    (link,) = after.links - before.links
    assert link.startswith("minipod-")
    (table,) = after.tables - before.tables
    assert "minipod-" in table
    node = f"root.{minipod.pod('a')['spec']['nodeName']}"
    ports = json.loads(run("ip", "netns", "exec", node, "bridge", "-json", "link"))
    assert len(ports) >= 2
    assert len({port["master"] for port in ports}) == 1


def test_things_of_the_user_s_with_like_names_are_never_touched(minipod: Minipod) -> None:
    mine = [
        ("ip", "netns", "add", "root.default.web"),
        ("ip", "link", "add", "cni0", "type", "bridge"),
        ("ip", "link", "add", "minipod-0", "type", "bridge"),
        ("nft", "add", "table", "inet", "minipod"),
        ("nft", "add", "table", "ip", "minipod-mine"),
    ]
    undo = [
        ("ip", "netns", "delete", "root.default.web"),
        ("ip", "link", "delete", "cni0"),
        ("ip", "link", "delete", "minipod-0"),
        ("nft", "delete", "table", "inet", "minipod"),
        ("nft", "delete", "table", "ip", "minipod-mine"),
    ]
    for command in mine:
        run(*command)
    try:
        before = snapshot()
        inode = run("stat", "-c", "%i", "/run/netns/root.default.web")
        minipod.create(pod("web", container("main", web(8080))))
        eventually(lambda: minipod.json("ports", "web"))
        assert run("stat", "-c", "%i", "/run/netns/root.default.web") == inode
        minipod.ok("delete", "pod", "web")
        minipod.ok("purge", "--yes")
        assert run("stat", "-c", "%i", "/run/netns/root.default.web") == inode
        eventually(lambda: before.difference(snapshot()) == [])
    finally:
        for command in undo:
            run(*command)


def test_a_network_that_the_host_routes_is_passed_over(minipod: Minipod) -> None:
    run("ip", "route", "add", "10.244.3.0/24", "via", OUTSIDE_ADDRESS)
    try:
        done = minipod("create", "-f", "-", stdin=pod("web"))
        assert minipod.address("web").startswith("10.245.0.")
        assert "10.245.0.0/16" in done.stderr
        assert "10.244.3.0/24" in done.stderr or "10.244.0.0/16" in done.stderr
    finally:
        run("ip", "route", "delete", "10.244.3.0/24")
    minipod.ok("server", "stop")
    minipod.create(pod("next"))
    assert minipod.address("next").startswith("10.245.0.")


def test_another_network_can_be_asked_for(minipod: Minipod) -> None:
    minipod.ok("server", "start", "--cluster-cidr", "172.30.0.0/16")
    minipod.create(pod("web"))
    assert minipod.address("web").startswith("172.30.0.")
    minipod.fails("server", "start", "--cluster-cidr", "nonsense", code=2)


def assert_another_root_has_room(minipod: Minipod) -> None:
    """Say that doctor sees the full node, and what it prints is a root where a pod comes up."""
    found = look(minipod)
    assert levels(found)["pod-room"] == "FAIL"
    assert seen(found, "pod-room").startswith("253 of 253 pods are on the node of ")
    other = Minipod(minipod.root.with_name(f"{minipod.root.name}-2"), minipod.folder)
    try:
        fixes(found, "pod-room")
        assert other.root.is_dir()
        assert "pod-room" not in levels(look(other))
        other.create(pod("late"))
        assert other.address("late").startswith("10.245.0.")
    finally:
        other("purge", "--yes")
        other("server", "stop")


def test_the_254th_pod_waits_and_says_why(minipod: Minipod) -> None:
    sleep = container("main", ["sleep", "100000"])
    minipod.create(documents(*(pod(f"p{n}", sleep) for n in range(253))))
    addresses = {each["status"]["podIP"] for each in minipod.json("get", "pods")["items"]}
    assert addresses == {f"10.244.0.{n}" for n in range(2, 255)}
    minipod("create", "-f", "-", stdin=pod("late", sleep))
    late = minipod.pod("late")
    assert late["status"]["phase"] == "Pending"
    assert "podIP" not in late["status"]
    scheduled = next(
        each for each in late["status"]["conditions"] if each["type"] == "PodScheduled"
    )
    assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
    assert "address" in scheduled["message"]
    assert_another_root_has_room(minipod)
    freed = minipod.address("p7")
    minipod.ok("delete", "pod", "p7", "--grace-period", "0", "--force")
    assert eventually(lambda: minipod.pod("late")["status"].get("podIP")) == freed
