"""hostPort and expose-port: the machine's ports lead to pods, and are nobody else's meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Minipod
from tests.support.host import HOST_ADDRESS, OUTSIDE, run
from tests.support.manifests import container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Json = dict[str, Any]

ECHO = """
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 53))
while True:
    data, peer = udp.recvfrom(100)
    udp.sendto(data + b" from " + socket.gethostname().encode(), peer)
"""


def serving(name: str, *ports: Json, **more: Any) -> str:
    """Return a pod that answers on port 80, with these declared ports."""
    declared = [{"containerPort": 80, **port} for port in ports]
    fields = {"terminationGracePeriodSeconds": 0, **more}
    return pod(name, container("http", web(80), ports=declared), **fields)


def curl(address: str, port: int, *way: str) -> str:
    """Fetch from the host, or by way of another program."""
    url = f"http://{address}:{port}/"
    done = subprocess.run(
        [*way, "curl", "-sS", "--max-time", "3", url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[0]


def answers(name: str, address: str, port: int, *way: str) -> None:
    eventually(lambda: curl(address, port, *way) == name)


def refused(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(3)
        return client.connect_ex((address, port)) != 0


def listening() -> str:
    return run("ss", "-Hltn")


def status(minipod: Minipod, name: str) -> str:
    return minipod.ok("get", "pod", name, "--no-headers").split()[2]


def why_pending(minipod: Minipod, name: str) -> str:
    (condition,) = minipod.pod(name)["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("PodScheduled", "False")
    assert condition["reason"] == "Unschedulable"
    return str(condition["message"])


def sandbox_pid(minipod: Minipod, name: str) -> int:
    return int(Path(f"/run/netns/{name}").readlink().parts[2])


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of the machine that listens on port 8080."""
    argv = [sys.executable, "-m", "http.server", "8080", "--bind", "127.0.0.1"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        eventually(lambda: ":8080 " in listening())
        yield running
        running.kill()


def test_a_host_port_leads_to_the_pod_from_everywhere(minipod: Minipod) -> None:
    minipod.create(documents(serving("web", {"hostPort": 8080}), pod("client")))
    node = minipod.pod("web")["status"]["hostIP"]
    outside = ("ip", "netns", "exec", OUTSIDE)
    answers("web", "127.0.0.1", 8080)
    for address, way in (
        (HOST_ADDRESS, ()),
        (node, ()),
        (HOST_ADDRESS, outside),
    ):
        assert curl(address, 8080, *way) == "web"
    for who in ("client", "web"):
        for address in (HOST_ADDRESS, node):
            url = f"http://{address}:8080/"
            assert (
                minipod.ok("exec", who, "--", "curl", "-sS", "--max-time", "3", url)[:4] == "web "
            )


def test_it_shows_on_the_host_and_no_program_can_have_it(minipod: Minipod) -> None:
    minipod.create(serving("web", {"hostPort": 8080}))
    assert f"pid={sandbox_pid(minipod, 'root.default.web')}," in run("ss", "-Hltnp", "sport = 8080")
    for address in ("0.0.0.0", "127.0.0.1", HOST_ADDRESS):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="already in use"):
                other.bind((address, 8080))
    minipod.ok("delete", "pod", "web")
    with socket.create_server(("127.0.0.1", 8080)):
        pass


def test_an_address_narrows_it(minipod: Minipod) -> None:
    one = {"hostPort": 8080, "hostIP": "127.0.0.1"}
    other = {"hostPort": 8080, "hostIP": HOST_ADDRESS}
    minipod.create(documents(serving("one", one), serving("other", other)))
    answers("one", "127.0.0.1", 8080)
    answers("other", HOST_ADDRESS, 8080)
    assert refused(minipod.pod("one")["status"]["hostIP"], 8080)


def test_udp(minipod: Minipod) -> None:
    echo = container(
        "echo",
        ["python3", "-c", ECHO],
        ports=[{"containerPort": 53, "protocol": "UDP", "hostPort": 5353}],
    )
    names = pod("names", echo, terminationGracePeriodSeconds=0)
    minipod.create(pod("first"))  # from now on the kernel keeps track of flows

    def ask() -> bytes | None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, suppress(OSError):
            client.settimeout(1)
            client.bind(("", 40000))  # the same each time: one flow, also before anybody answers
            client.connect((HOST_ADDRESS, 5353))
            client.send(b"hello")
            return client.recv(100)
        return None

    assert ask() is None
    minipod.create(names)
    assert eventually(ask) == b"hello from names"
    minipod.ok("delete", "pod", "names")
    minipod.create(pod("others", echo, terminationGracePeriodSeconds=0))
    assert eventually(ask) == b"hello from others"


# Who has it.


def test_the_second_pod_waits_says_for_whom_and_runs_when_the_first_is_gone(
    minipod: Minipod,
) -> None:
    minipod.create(serving("one", {"hostPort": 8080}))
    minipod.create(serving("two", {"hostPort": 8080, "hostIP": "127.0.0.1"}))
    assert status(minipod, "two") == "Pending"
    assert why_pending(minipod, "two") == (
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. "
        'hostPort 127.0.0.1:8080/TCP is taken by pod default/one, container "http".'
    )
    assert "FailedScheduling" in minipod.ok("events")
    minipod.ok("delete", "pod", "one")
    eventually(lambda: status(minipod, "two") == "Running")
    answers("two", "127.0.0.1", 8080)
    assert refused(HOST_ADDRESS, 8080)


def test_a_pod_that_finishes_gives_it_up(minipod: Minipod) -> None:
    port = {"containerPort": 80, "hostPort": 8080}
    until_told = ["sh", "-c", "until [ -e /over ]; do sleep 0.1; done"]
    minipod.create(pod("once", container("a", until_told, ports=[port]), restartPolicy="Never"))
    minipod.create(serving("two", {"hostPort": 8080}))
    assert status(minipod, "two") == "Pending"
    minipod.ok("exec", "once", "--", "touch", "/over")
    answers("two", "127.0.0.1", 8080)


def test_a_program_that_has_it_is_named_and_the_pod_runs_when_it_has_ended(
    minipod: Minipod, program: subprocess.Popen[bytes]
) -> None:
    minipod.create(serving("web", {"hostPort": 8080}))
    assert f"is taken on this machine by pid {program.pid} (" in why_pending(minipod, "web")
    assert "-m http.server 8080" in why_pending(minipod, "web")
    program.kill()
    answers("web", "127.0.0.1", 8080)


def test_a_pod_of_another_root_that_has_it_is_named(
    minipod: Minipod, root: Path, tmp_path: Path
) -> None:
    other = Minipod(tmp_path / "other", tmp_path)
    try:
        other.create(serving("theirs", {"hostPort": 8080}))
        minipod.create(serving("ours", {"hostPort": 8080}))
        assert f"minipod: pod default/theirs of {tmp_path}/other" in why_pending(minipod, "ours")
        other.ok("delete", "pod", "theirs")
        answers("ours", "127.0.0.1", 8080)
    finally:
        other("purge", "--yes")
        other("server", "stop")


# Whatever dies.


def test_it_survives_the_server_and_goes_with_the_pod(minipod: Minipod) -> None:
    minipod.create(serving("web", {"hostPort": 8080}))
    answers("web", "127.0.0.1", 8080)
    killed = minipod.server_pid()
    os.kill(killed, signal.SIGKILL)
    assert curl(HOST_ADDRESS, 8080) == "web"
    eventually(lambda: minipod.server_pid() != killed)
    assert curl("127.0.0.1", 8080) == "web"
    minipod.create(serving("two", {"hostPort": 8080}))
    assert "is taken by pod default/web" in why_pending(minipod, "two")
    minipod.ok("delete", "pod", "two")
    minipod.ok("delete", "pod", "web")
    assert refused("127.0.0.1", 8080)
    assert refused(HOST_ADDRESS, 8080)
    assert ":8080" not in listening()


@pytest.mark.parametrize("name", ["web", "node", "fabric"])
def test_it_is_back_after_a_sandbox_was_killed(minipod: Minipod, name: str) -> None:
    minipod.create(serving("web", {"hostPort": 8080}))
    answers("web", "127.0.0.1", 8080)
    link = {
        "web": "root.default.web",
        "node": f"root.{os.uname().nodename}",
        "fabric": "root.fabric",
    }
    os.kill(sandbox_pid(minipod, link[name]), signal.SIGKILL)
    node = minipod.pod("web")["status"]["hostIP"]
    for address in ("127.0.0.1", HOST_ADDRESS, node):
        eventually(lambda address=address: curl(address, 8080) == "web")


def test_without_nft_the_pod_runs_and_an_event_says_what_is_missing(
    minipod: Minipod, tmp_path: Path
) -> None:
    broken = tmp_path / "nft"
    broken.write_text("#!/bin/sh\necho 'Error: no netfilter here' >&2\nexit 1\n")
    broken.chmod(0o755)
    minipod.environment["PATH"] = f"{tmp_path}:{minipod.environment['PATH']}"
    minipod.create(serving("web", {"hostPort": 8080}))
    assert status(minipod, "web") == "Running"
    assert "hostPort 8080/TCP is not open: cannot run nft" in minipod.ok("events")
    assert refused("127.0.0.1", 8080)
    broken.unlink()
    answers("web", "127.0.0.1", 8080)


# Added to a pod that runs.


def test_ports_are_added_to_a_running_pod_and_removed(minipod: Minipod) -> None:
    minipod.create(serving("web"))
    assert minipod.ok("expose-port", "web", "8080:80", "127.0.0.1:5353:53/udp") == (
        "pod/web exposed: 0.0.0.0:8080 -> 80/TCP\npod/web exposed: 127.0.0.1:5353 -> 53/UDP\n"
    )
    answers("web", "127.0.0.1", 8080)
    assert "127.0.0.1:5353" in run("ss", "-Hlun")
    text = minipod.ok("get", "pod", "web", "-o", "yaml")
    assert "minipod.dev/host-ports: 8080:80/TCP,127.0.0.1:5353:53/UDP" in text
    minipod.ok("delete", "pod", "web")
    minipod.create(text)
    answers("web", HOST_ADDRESS, 8080)
    told = minipod.ok("expose-port", "pod/web", "8080:80", "--remove")
    assert told == "pod/web closed: 0.0.0.0:8080 -> 80/TCP\n"
    assert refused(HOST_ADDRESS, 8080)
    assert ":8080" not in listening()


def test_a_port_that_somebody_has_is_not_added(
    minipod: Minipod, program: subprocess.Popen[bytes]
) -> None:
    minipod.create(documents(serving("one", {"hostPort": 9090}), serving("two")))
    complaint = minipod.fails("expose-port", "two", "9090:80")
    assert complaint == (
        "Error from server (Conflict): cannot expose pod default/two: hostPort 9090/TCP is taken by"
        ' pod default/one, container "http"\nHint: port 9091 is free\n'
    )
    complaint = minipod.fails("expose-port", "two", "8080:80")
    assert f"is taken on this machine by pid {program.pid} (" in complaint
    assert "host-ports" not in minipod.ok("get", "pod", "two", "-o", "yaml")
    complaint = minipod.fails("expose-port", "two", "203.0.113.7:8081:80")
    assert complaint.startswith(
        "Error: cannot expose pod default/two: hostPort 203.0.113.7:8081/TCP"
    )
    assert "host-ports" not in minipod.ok("get", "pod", "two", "-o", "yaml")
    assert minipod.fails("expose-port", "nope", "8080:80") == (
        'Error from server (NotFound): pods "nope" not found\n'
    )
    assert '"80" is not [IP:]HOST:POD[/udp]' in minipod.fails("expose-port", "two", "80")


# Before anything runs.

CLASHING = """\
apiVersion: v1
kind: Pod
metadata: {name: both}
spec:
  containers:
  - name: web
    image: web
    command: [sleep, "1"]
    ports:
    - containerPort: 8080
      hostPort: 8080
  - name: sidecar
    image: sidecar
    command: [sleep, "1"]
    ports:
    - containerPort: 8080
"""


def test_two_containers_on_one_port_are_a_warning_or_an_error_with_both_names(
    minipod: Minipod,
) -> None:
    manifest = CLASHING.replace("      hostPort: 8080\n", "")
    words = (
        "stdin:15:7: spec.containers[1].ports[0]: duplicate port definition with "
        'spec.containers[0].ports[0]: containers "web" and "sidecar" both declare 8080/TCP\n'
    )
    complaint = minipod.fails("create", "--strict-ports", "-f", "-", stdin=manifest)
    assert complaint == f"{words}Error: nothing was created\n"
    assert minipod.ok("get", "pods", "-o", "name") == ""
    done = minipod("create", "-f", "-", stdin=manifest)
    assert (done.returncode, done.stderr) == (0, f"Warning: {words}")


def test_lint_tells_every_clash_with_place_names_and_way_out(
    minipod: Minipod, program: subprocess.Popen[bytes]
) -> None:
    minipod.create(serving("there", {"hostPort": 9090}))
    (minipod.folder / "a.yaml").write_text(CLASHING)
    (minipod.folder / "b.yaml").write_text(
        serving("c", {"hostPort": 8080, "hostIP": HOST_ADDRESS}, {"hostPort": 9090})
    )
    (minipod.folder / "c.yaml").write_text(serving("good", {"hostPort": 7070}))
    done = minipod("lint", "-f", "a.yaml", "-f", "b.yaml", "-f", "c.yaml")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    taken = f"hostPort 8080/TCP is taken on this machine by pid {program.pid} ("
    same = 'spec.containers[0].ports[0]: containers "web" and "sidecar" both declare 8080/TCP'
    both = 'is also wanted by pod default/both, container "web", at a.yaml:11:17'
    for begin, end in (
        (
            f"a.yaml:11:17: spec.containers[0].ports[0].hostPort: {taken}",
            'give container "web" another hostPort, 8081 is free; or end that program',
        ),
        (
            f"a.yaml:16:7: spec.containers[1].ports[0]: overlapping port definition with {same}",
            'let container "sidecar" listen on another port, 8081 for one, or put the two into',
        ),
        (
            f"hostPort {HOST_ADDRESS}:8080/TCP {both}",
            "another hostPort, 8081 is free; else one of the two pods waits",
        ),
        ('hostPort 9090/TCP is taken by pod default/there, container "http"', "9091 is free"),
    ):
        (number,) = (n for n, line in enumerate(lines) if begin in line)
        assert end in lines[number + 1]
    assert lines[-1] == "c.yaml: ok"
    assert minipod.ok("get", "pods", "-o", "name") == "pod/there\n"


def test_lint_of_what_is_right_is_one_line_a_file(minipod: Minipod) -> None:
    minipod.create(serving("there", {"hostPort": 9090}))
    (minipod.folder / "same.yaml").write_text(serving("there", {"hostPort": 9090}))
    assert minipod.ok("lint", "-f", "same.yaml") == "same.yaml: ok\n"
    assert minipod.json("lint", "-f", "same.yaml") == []


def test_lint_tells_problems_and_warnings_as_create_does(minipod: Minipod) -> None:
    (minipod.folder / "bad.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: B}\n")
    done = minipod("lint", "-f", "bad.yaml", "-o", "json")
    assert done.returncode == 1
    assert '"message": "Required value"' in done.stdout
    (minipod.folder / "ok.yaml").write_text(serving("web", priorityClassName="high"))
    told = minipod.ok("lint", "-f", "ok.yaml").splitlines()
    assert told[0].startswith("Warning: ok.yaml:1:")
    assert told[1:] == ["ok.yaml: ok"]
