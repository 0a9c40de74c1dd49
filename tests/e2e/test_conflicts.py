"""Port conflicts: seen as they happen, with both sides and the kernel's rule named."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.binder import binder
from tests.support.host import processes, run
from tests.support.manifests import container, pod, shell, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Minipod


def two_containers(minipod: Minipod, first: list[str] | None = None, name: str = "web") -> None:
    """Create a pod of a holder `a`, and `b`."""
    minipod.create(
        pod(name, container("a", first), container("b"), terminationGracePeriodSeconds=0)
    )


def holds(minipod: Minipod, *how: Any, name: str = "web", **more: Any) -> None:
    """Have a program in container `a` of a new pod take a port and keep it."""
    two_containers(minipod, binder(*how, stay=True, **more), name)
    eventually(lambda: minipod.ok("logs", name, "-c", "a") == "held\n")


def tries(minipod: Minipod, *how: Any, name: str = "web", **more: Any) -> str:
    """Have a program in container `b` try to take a port; return what came of it."""
    command = binder(*how, **more)
    return minipod("exec", name, "-c", "b", "--", *command).stdout.strip()


def conflicts(minipod: Minipod, *args: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = minipod.json("conflicts", *args)
    return listed


def the_conflict(minipod: Minipod) -> dict[str, Any]:
    """Return the one conflict that there is, as soon as it is told."""
    (only,) = eventually(lambda: conflicts(minipod))
    return only


TWICE = """
import socket
socks = [socket.socket() for _ in "ab"]
for each in socks:
    each.bind(("127.0.0.1", 9999))
"""


def nothing_was_told(minipod: Minipod) -> bool:
    """Return whether a conflict made now is the first one: they are told in their order."""
    assert minipod("exec", "web", "-c", "b", "--", "python3", "-c", TWICE).returncode == 1
    return [each["port"] for each in eventually(lambda: conflicts(minipod))] == [9999]


ANY, LO, LO2, SIX, LO6 = "0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1"
REUSE, SHARE, V6ONLY = "SO_REUSEADDR", "SO_REUSEPORT", "IPV6_V6ONLY"

COLLIDING = [
    ("one address", (8080, LO), (8080, LO), "SameAddress"),
    ("a wildcard, then one address", (8080, ANY), (8080, LO), "Wildcard"),
    ("one address, then a wildcard", (8080, LO), (8080, ANY), "Wildcard"),
    ("SO_REUSEADDR does not help", (8080, ANY, REUSE), (8080, LO, REUSE), "Wildcard"),
    ("both families, then the IPv4 wildcard", (8080, SIX), (8080, ANY), "DualStack"),
    ("both families, then an IPv4 address", (8080, SIX), (8080, LO), "DualStack"),
    ("IPv4, then both families", (8080, ANY), (8080, SIX), "DualStack"),
    ("the IPv6 wildcard twice", (8080, SIX, V6ONLY), (8080, SIX, V6ONLY), "SameAddress"),
    ("only the second shares", (8080, ANY), (8080, ANY, SHARE), "NoReusePort"),
]


@pytest.mark.parametrize(
    ("first", "second", "rule"), [row[1:] for row in COLLIDING], ids=[row[0] for row in COLLIDING]
)
def test_what_collides_is_told_with_both_sides_and_the_rule(
    minipod: Minipod, first: tuple[Any, ...], second: tuple[Any, ...], rule: str
) -> None:
    holds(minipod, *first)
    assert tries(minipod, *second) == "refused"
    conflict = the_conflict(minipod)
    assert conflict["rule"] == rule
    assert (conflict["pod"], conflict["protocol"], conflict["port"]) == ("web", "TCP", 8080)
    assert conflict["family"] == ("IPv6" if ":" in second[1] else "IPv4")
    assert (conflict["wanted"]["container"], conflict["wanted"]["address"]) == ("b", second[1])
    assert (conflict["holder"]["container"], conflict["holder"]["address"]) == ("a", first[1])
    assert conflict["wanted"]["command"].startswith("python3 -c ")
    holder = minipod.json("ports", "web")[0]
    assert (holder["pid"], holder["command"]) == (
        conflict["holder"]["pid"],
        conflict["holder"]["command"],
    )
    assert conflict["holder"]["since"]
    assert conflict["count"] == 1
    assert 'container "b" (pid ' in conflict["explanation"]
    assert 'held by container "a" (pid ' in conflict["explanation"]


def test_udp_collides_with_udp(minipod: Minipod) -> None:
    holds(minipod, 5353, protocol="UDP")
    assert tries(minipod, 5353, protocol="UDP") == "refused"
    conflict = the_conflict(minipod)
    assert (conflict["protocol"], conflict["rule"]) == ("UDP", "SameAddress")


def test_another_user_may_not_share(minipod: Minipod) -> None:
    holds(minipod, 8080, ANY, SHARE)
    assert tries(minipod, 8080, ANY, SHARE, uid=1000) == "refused"
    assert the_conflict(minipod)["rule"] == "OtherUser"


def test_of_two_that_could_bind_one_may_listen(minipod: Minipod) -> None:
    holds(minipod, 8080, ANY, REUSE)
    two = (
        "import socket\n"
        "socks = [socket.socket() for _ in 'ab']\n"
        "for each in socks: each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        "for each in socks: each.bind(('0.0.0.0', 9090))\n"
        "socks[0].listen()\n"
        "socks[1].listen()\n"
    )
    assert minipod("exec", "web", "-c", "b", "--", "python3", "-c", two).returncode == 1
    conflict = the_conflict(minipod)
    assert (conflict["rule"], conflict["port"]) == ("SecondListen", 9090)
    assert "cannot listen on 0.0.0.0:9090/tcp" in conflict["explanation"]


def test_a_connection_that_has_ended_holds_its_port_for_a_while(minipod: Minipod) -> None:
    two_containers(minipod)
    serve_once = (
        "import socket\n"
        "server = socket.socket()\n"
        "server.bind(('127.0.0.1', 8080))\n"
        "server.listen()\n"
        "client = socket.create_connection(('127.0.0.1', 8080))\n"
        "served, _ = server.accept()\n"
        "served.close()\n"  # the side that closes first waits
        "client.recv(1)\n"
        "client.close()\n"
    )
    minipod.ok("exec", "web", "-c", "a", "--", "python3", "-c", serve_once)
    assert tries(minipod, 8080) == "refused"
    conflict = the_conflict(minipod)
    assert conflict["rule"] == "TimeWait"
    assert conflict["holder"]["pid"] is None


def test_a_client_holds_its_local_port(minipod: Minipod) -> None:
    connects = (
        "import socket, time\n"
        "server = socket.socket()\n"
        "server.bind(('127.0.0.1', 0))\n"
        "server.listen()\n"
        "client = socket.socket()\n"
        "client.bind(('127.0.0.1', 40000))\n"
        "client.connect(server.getsockname())\n"
        "print('held', flush=True)\n"
        "time.sleep(1000)\n"
    )
    two_containers(minipod, ["python3", "-c", connects])
    eventually(lambda: minipod.ok("logs", "web", "-c", "a") == "held\n")
    assert tries(minipod, 40000) == "refused"
    conflict = the_conflict(minipod)
    assert (conflict["rule"], conflict["holder"]["container"]) == ("ClientPort", "a")


PEACEFUL = [
    ("two addresses", (8080, LO), (8080, LO2), {}, {}),
    ("IPv4, and IPv6 alone", (8080, ANY), (8080, SIX, V6ONLY), {}, {}),
    ("IPv4, and one IPv6 address", (8080, ANY), (8080, LO6), {}, {}),
    ("shared", (8080, ANY, SHARE), (8080, ANY, SHARE), {}, {}),
    ("UDP, shared silently", (53, ANY, REUSE), (53, ANY, REUSE), *[{"protocol": "UDP"}] * 2),
    ("TCP and UDP", (8080, ANY), (8080, ANY), {}, {"protocol": "UDP"}),
]


@pytest.mark.parametrize(
    ("first", "second", "how", "then"),
    [row[1:] for row in PEACEFUL],
    ids=[row[0] for row in PEACEFUL],
)
def test_what_does_not_collide_is_not_told(
    minipod: Minipod,
    first: tuple[Any, ...],
    second: tuple[Any, ...],
    how: dict[str, Any],
    then: dict[str, Any],
) -> None:
    holds(minipod, *first, **how)
    assert tries(minipod, *second, **then) == "held"
    assert nothing_was_told(minipod)


def test_an_abstract_unix_socket_is_no_port(minipod: Minipod) -> None:
    holds(minipod, 0, "taken", protocol="UNIX")
    assert tries(minipod, 0, "taken", protocol="UNIX") == "refused"
    assert nothing_was_told(minipod)


def test_who_may_not_have_a_port_is_no_loser(minipod: Minipod) -> None:
    two_containers(minipod)
    nobodys = "203.0.113.7"
    assert tries(minipod, 8080, nobodys) == "[Errno 99] Cannot assign requested address"
    assert nothing_was_told(minipod)


@pytest.mark.timed
def test_a_conflict_is_told_within_100_milliseconds(minipod: Minipod) -> None:
    holds(minipod, 8080)
    with minipod.start("conflicts", "-w", "-o", "json") as watching:
        assert watching.stdout is not None
        tries(minipod, 8080)  # so that the watch is known to have begun
        first = json.loads(watching.stdout.readline())
        tries(minipod, 8080)
        second = json.loads(watching.stdout.readline())
        late = time.time() - datetime.fromisoformat(second["time"]).timestamp()
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == -signal.SIGINT
    assert late < 0.1
    assert first["rule"] == second["rule"] == "SameAddress"
    assert first["wanted"]["pid"] != second["wanted"]["pid"]


def test_a_conflict_is_an_event_about_the_loser(minipod: Minipod) -> None:
    holds(minipod, 8080)
    assert tries(minipod, 8080) == "refused"
    conflict = the_conflict(minipod)
    (event,) = [
        each
        for each in minipod.api("/api/v1/namespaces/default/events")["items"]
        if each["reason"] == "PortConflict"
    ]
    assert event["type"] == "Warning"
    assert event["involvedObject"]["fieldPath"] == "spec.containers{b}"
    assert event["message"] == conflict["explanation"]
    assert "\n" not in event["message"]
    for shown in (minipod.ok("get", "events"), minipod.ok("describe", "pod", "web")):
        assert conflict["explanation"] in shown


def test_a_loser_that_ends_says_why_and_the_pod_s_ports_are_not_free(minipod: Minipod) -> None:
    wait = "until curl -s localhost:8080; do sleep 0.05; done; exec python3 -m http.server 8080"
    minipod.create(
        pod(
            "web",
            container("a", web(8080)),
            container("b", shell(wait)),
            terminationGracePeriodSeconds=0,
        )
    )
    conflict = eventually(lambda: conflicts(minipod))[0]

    def message() -> str:
        statuses = minipod.pod("web")["status"]["containerStatuses"]
        (loser,) = [each for each in statuses if each["name"] == "b"]
        ended = loser["state"].get("terminated") or loser["lastState"].get("terminated") or {}
        return str(ended.get("message", ""))

    def condition() -> dict[str, str]:
        found = minipod.pod("web")["status"]["conditions"]
        (ports_free,) = [each for each in found if each["type"] == "minipod.dev/PortsFree"]
        return dict(ports_free)

    said = eventually(message)
    assert said.startswith('container "b" (pid ')
    assert said.split("held by")[1] == conflict["explanation"].split("held by")[1]
    assert condition()["status"] == "False"
    assert condition()["reason"] == "PortConflict"
    assert 'held by container "a"' in condition()["message"]


def test_one_pod_s_conflict_is_not_another_s(minipod: Minipod) -> None:
    for name in ("one", "two"):
        holds(minipod, 8080, name=name)
    assert tries(minipod, 8080, name="two") == "refused"
    assert the_conflict(minipod)["pod"] == "two"
    assert conflicts(minipod, "one") == []
    assert len(conflicts(minipod, "two")) == 1
    minipod.ok("delete", "pod", "two")
    assert conflicts(minipod) == []
    assert 'pods "two" not found' in minipod.fails("conflicts", "two")


FORKS = """
import errno, os, socket, sys, time

number, pause = int(sys.argv[1]), float(sys.argv[2])
for _ in range(number):
    child = os.fork()
    if child == 0:
        try:
            socket.socket().bind(("0.0.0.0", 8080))
        except OSError as error:
            os._exit(0 if error.errno == errno.EADDRINUSE else 1)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    time.sleep(pause)
print("done", flush=True)
time.sleep(1000)
"""


def forks(number: int, pause: float = 0.0) -> list[str]:
    """Return a program whose children try one by one to take port 8080, and end at once."""
    return ["python3", "-c", FORKS, str(number), str(pause)]


def test_of_a_thousand_conflicts_in_a_row_none_is_lost(minipod: Minipod) -> None:
    holds(minipod, 8080)
    with minipod.start("exec", "web", "-c", "b", "--", *forks(1000)) as running:
        told = eventually(lambda: (got := conflicts(minipod))[999:] and got)
        running.terminate()
    assert len(told) == 1000
    assert len({each["wanted"]["pid"] for each in told}) == 1000
    assert {each["holder"]["container"] for each in told} == {"a"}
    assert [each["time"] for each in told] == sorted(each["time"] for each in told)


def test_one_process_that_tries_100_times_a_second_is_one_conflict_that_counts(
    minipod: Minipod,
) -> None:
    holds(minipod, 8080)
    retries = (
        "import socket, time\n"
        "for _ in range(200):\n"
        "    try: socket.socket().bind(('0.0.0.0', 8080))\n"
        "    except OSError: time.sleep(0.01)\n"
    )
    minipod.ok("exec", "web", "-c", "b", "--", "python3", "-c", retries)
    eventually(lambda: sum(each["count"] for each in conflicts(minipod)) == 200)
    assert len(conflicts(minipod)) == 1
    events = minipod.api("/api/v1/namespaces/default/events")["items"]
    assert [each["count"] for each in events if each["reason"] == "PortConflict"] == [200]


def test_no_conflict_is_lost_while_the_server_is_killed_and_comes_back(minipod: Minipod) -> None:
    holds(minipod, 8080)
    before = minipod.server_pid()
    with minipod.start("exec", "web", "-c", "b", "--", *forks(200, 0.01)) as running:
        eventually(lambda: conflicts(minipod))
        os.kill(before, signal.SIGKILL)
        told = eventually(lambda: (got := conflicts(minipod))[199:] and got)
        running.terminate()
    assert minipod.server_pid() != before
    assert len(told) == 200


def watchers(minipod: Minipod) -> list[int]:
    """Return the root's watchers, by pid."""
    listed = processes(minipod.root).items()
    return [pid for pid, title in listed if "/watcher/watcher.py" in title]


def test_a_watcher_that_is_killed_comes_back_and_no_pod_notices(minipod: Minipod) -> None:
    holds(minipod, 8080)
    before = minipod.pod("web")["status"]["containerStatuses"]
    (killed,) = watchers(minipod)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: watchers(minipod) not in ([], [killed]))

    def told() -> list[dict[str, Any]]:
        assert tries(minipod, 8080) == "refused"
        return conflicts(minipod)

    eventually(told)
    assert minipod.pod("web")["status"]["containerStatuses"] == before


def test_a_program_that_ends_at_once_is_named_all_the_same(
    minipod: Minipod, tmp_path: Path
) -> None:
    source, program = tmp_path / "loser.c", tmp_path / "loser"
    source.write_text(LOSER)
    run("cc", "-O1", "-o", program, source)
    holds(minipod, 8080)
    install = "base64 -d >/tmp/loser && chmod +x /tmp/loser"
    text = base64.b64encode(program.read_bytes()).decode()
    minipod.ok("exec", "-i", "web", "-c", "b", "--", "sh", "-c", install, stdin=text)
    minipod.ok("exec", "web", "-c", "b", "--", "sh", "-c", "sh -c '/tmp/loser in vain & wait'; :")
    conflict = the_conflict(minipod)
    assert conflict["wanted"]["container"] == "b"
    assert conflict["wanted"]["command"] == "/tmp/loser in vain"
    assert conflict["rule"] == "SameAddress"


LOSER = """
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    _exit(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
}
"""


def test_a_forked_child_holds_for_its_container(minipod: Minipod) -> None:
    two_containers(
        minipod, shell("(setsid python3 -m http.server 8080 >/dev/null 2>&1 &); sleep 1000")
    )
    eventually(lambda: minipod.json("ports", "web"))
    assert tries(minipod, 8080) == "refused"
    holder = the_conflict(minipod)["holder"]
    assert (holder["container"], holder["command"]) == ("a", "python3 -m http.server 8080")


def test_a_table_tells_it_to_a_person(minipod: Minipod) -> None:
    assert "No conflicts" in minipod("conflicts").stderr
    holds(minipod, 8080)
    tries(minipod, 8080)
    the_conflict(minipod)
    header, row = minipod.ok("conflicts").splitlines()
    assert header.split() == [
        "LAST", "SEEN", "COUNT", "POD", "PORT", "REFUSED", "HELD", "BY", "RULE", "MESSAGE",
    ]  # fmt: skip
    assert row.split()[1:7] == ["1", "web", "8080/TCP", "b", "a", "SameAddress"]


def test_where_no_address_is_seen_the_container_is_named(minipod: Minipod) -> None:
    minipod.environment["MINIPOD_WATCHER"] = "tracefs"
    holds(minipod, 8080)
    stays = (
        "import socket, time\n"
        "try: socket.socket().bind(('', 8080))\n"
        "except OSError: time.sleep(1000)\n"
    )
    with minipod.start("exec", "web", "-c", "b", "--", "python3", "-S", "-c", stays) as loser:
        (conflict,) = eventually(lambda: conflicts(minipod))
        loser.terminate()
    assert conflict["wanted"] | {"pid": 0} == {
        "address": None,
        "container": "b",
        "pid": 0,
        "command": None,
    }
    assert (conflict["port"], conflict["rule"], conflict["holder"]) == (None, "Unknown", None)


@pytest.mark.parametrize("mechanism", ["tracefs", "none"])
def test_an_end_for_a_declared_port_is_told_once_and_is_its_message(
    minipod: Minipod, mechanism: str
) -> None:
    minipod.environment["MINIPOD_WATCHER"] = mechanism
    ports = [{"containerPort": 8080}]
    waits = "until ss -Hltn | grep -q :8080; do sleep 0.05; done; exec python3 -S -c "
    loser = shell(waits + "\"import socket; socket.socket().bind(('', 8080))\"")
    minipod.create(
        pod(
            "web",
            container("a", binder(8080, stay=True), ports=ports),
            container("b", loser, ports=ports),
            restartPolicy="Never",
            terminationGracePeriodSeconds=0,
        )
    )
    conflict = the_conflict(minipod)
    assert (conflict["wanted"]["container"], conflict["holder"]["container"]) == ("b", "a")

    def message() -> Any:
        """Return the termination message of `b`."""
        statuses = {
            each["name"]: each for each in minipod.pod("web")["status"]["containerStatuses"]
        }
        return statuses["b"]["state"].get("terminated", {}).get("message")

    assert eventually(message) == conflict["explanation"]
    assert conflict["count"] == len(conflicts(minipod)) == 1
