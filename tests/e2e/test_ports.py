"""`ports`: who listens on what, as the kernel has it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.host import run
from tests.support.manifests import IDLE, container, documents, pod, shell, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.support.command import Minipod

UDP = """
import socket, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("0.0.0.0", 5353))
time.sleep(10000)
"""


def listening(minipod: Minipod, name: str) -> dict[tuple[str, str, int], dict[str, Any]]:
    rows = minipod.json("ports", name)
    return {(row["protocol"], row["address"], row["port"]): row for row in rows}


def test_rows_agree_with_ss(minipod: Minipod) -> None:
    declared = [{"containerPort": 8080}, {"containerPort": 9999}]
    minipod.create(
        pod(
            "web",
            container("four", web(8080), ports=declared),
            container("six", web(8081, "::1")),
            container("local", web(8082, "127.0.0.1")),
            container("udp", ["python3", "-c", UDP]),
            terminationGracePeriodSeconds=1,
        )
    )
    eventually(lambda: len(minipod.json("ports", "web")) == 5)
    rows = listening(minipod, "web")
    assert set(rows) == {
        ("TCP", "0.0.0.0", 8080),
        ("TCP", "::1", 8081),
        ("TCP", "127.0.0.1", 8082),
        ("UDP", "0.0.0.0", 5353),
        next(key for key, row in rows.items() if row["pid"] is None),
    }
    shown = run("ip", "netns", "exec", "root.default.web", "ss", "-Hlntup")
    assert len(shown.splitlines()) == 4
    for (protocol, address, port), row in rows.items():
        assert set(row) == {
            "namespace", "pod", "container", "protocol", "address", "port", "pid", "command",
            "declared", "marks", "note",
        }  # fmt: skip
        if row["pid"] is None:
            continue
        host = f"[{address}]" if ":" in address else address
        (line,) = [line for line in shown.splitlines() if f" {host}:{port} " in line]
        assert line.startswith(protocol.lower())
        assert f"pid={row['pid']}," in line
    silent = next(row for row in rows.values() if row["pid"] is None)
    assert (silent["port"], silent["container"], silent["declared"]) == (9999, "four", True)
    assert rows["TCP", "0.0.0.0", 8080]["container"] == "four"
    assert rows["TCP", "0.0.0.0", 8080]["declared"] is True
    assert rows["TCP", "::1", 8081]["container"] == "six"
    assert rows["TCP", "::1", 8081]["declared"] is False
    assert rows["UDP", "0.0.0.0", 5353]["container"] == "udp"


def test_a_forked_child_s_socket_is_its_container_s(minipod: Minipod) -> None:
    script = "cd /tmp; (setsid python3 -m http.server 7777 >/dev/null 2>&1 &); " + IDLE[2]
    minipod.create(pod("web", container("a"), container("b", shell(script))))
    (row,) = eventually(lambda: minipod.json("ports", "web"))
    assert (row["container"], row["port"]) == ("b", 7777)
    assert "http.server" in row["command"]


def test_an_exec_d_program_counts_as_its_container(minipod: Minipod) -> None:
    minipod.create(pod("web", container("a"), container("b")))
    with minipod.start("exec", "web", "-c", "b", "--", *web(7777)) as running:
        (row,) = eventually(lambda: minipod.json("ports", "web"))
        assert (row["container"], row["port"]) == ("b", 7777)
        running.terminate()


def test_the_table_names_the_holder(minipod: Minipod) -> None:
    minipod.create(documents(pod("web", container("http", web(8080))), pod("idle")))
    eventually(lambda: minipod.json("ports", "web"))
    header, row, _, note = minipod.ok("ports").splitlines()
    assert note.startswith("web/http 0.0.0.0:8080/tcp: The container does not declare it")
    assert header.split()[:3] == ["POD", "CONTAINER", "PROTOCOL"]
    assert re.match(r"web +http +TCP ", row)
    assert "python3" in row
    assert minipod.json("ports", "idle") == []
    assert 'pods "x" not found' in minipod.fails("ports", "x")


AUDITED = """
import socket, threading, time
def listen(address, port, *options):
    one = socket.socket()
    for option in options:
        one.setsockopt(socket.SOL_SOCKET, option, 1)
    one.bind((address, port))
    one.listen()
    return one
def answer_one(server):
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    accepted.close()
    client.close()
kept = [
    listen("0.0.0.0", 8080),
    listen("0.0.0.0", 8081),
    listen("127.0.0.1", 8082),
    listen("0.0.0.0", 8083, socket.SO_REUSEPORT),
]
ended = listen("127.0.0.1", 8084)
answer_one(ended)
ended.close()
print("ready", flush=True)
time.sleep(10000)
"""

SHARING = """
import socket, time
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
one.bind(("0.0.0.0", 8083))
one.listen()
udp = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for each in udp:
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.bind(("0.0.0.0", 8086))
time.sleep(10000)
"""


def test_the_audit_marks_each_port(minipod: Minipod) -> None:
    declared = [{"containerPort": port} for port in (8080, 8082, 8083, 8084, 8085)]
    sharing = [{"containerPort": 8080}, {"containerPort": 8086, "protocol": "UDP"}]
    minipod.create(
        pod(
            "web",
            container("a", ["python3", "-c", AUDITED], ports=declared),
            container("b", ["python3", "-c", SHARING], ports=sharing),
            terminationGracePeriodSeconds=1,
        )
    )
    eventually(lambda: len(minipod.json("ports", "web")) == 10)
    eventually(lambda: "ready" in minipod.ok("logs", "web", "-c", "a"))
    rows = minipod.json("ports", "web")
    marks = [(row["port"], row["container"], " ".join(row["marks"])) for row in rows]
    assert sorted(marks) == [
        (8080, "a", "Declared"),
        (8080, "b", "Silent Taken"),
        (8081, "a", "Undeclared"),
        (8082, "a", "Declared LoopbackOnly"),
        (8083, "a", "Declared Shared"),
        (8083, "b", "Undeclared Shared"),
        (8084, "a", "Silent TimeWait"),
        (8085, "a", "Silent"),
        (8086, "b", "Declared Shared"),
        (8086, "b", "Declared Shared"),
    ]
    pids = {row["container"]: row["pid"] for row in rows if row["pid"]}
    notes = {(row["port"], row["container"]): row["note"] for row in rows}
    assert notes[8080, "a"] is None
    assert f'container "a" (pid {pids["a"]}) has it' in notes[8080, "b"]
    assert f'Shared with container "b" (pid {pids["b"]}) by' in notes[8083, "a"]
    shown = run("ip", "netns", "exec", "root.default.web", "ss", "-Hant", "sport", "=", ":8084")
    assert {line.split()[0] for line in shown.splitlines()} == {"TIME-WAIT"}
    table, advice = minipod.ok("ports", "web").split("\n\n")
    assert "declared, loopback only" in table
    assert "web/a 127.0.0.1:8082/tcp: It listens on 127.0.0.1 only" in advice


def test_a_watch_tells_only_what_changes(minipod: Minipod) -> None:
    script = "while [ ! -e /tmp/go ]; do sleep 0.05; done; exec python3 -m http.server 7777"
    server = container("http", shell(f"cd /tmp; {script}"), ports=[{"containerPort": 7777}])
    minipod.create(pod("web", container("other", web(8080)), server))
    eventually(lambda: len(minipod.json("ports", "web")) == 2)
    with minipod.start("ports", "web", "-w", "-o", "json") as watch, ending(watch):
        lines = (json.loads(line) for line in watch.stdout)
        first = [(row["port"], row["marks"]) for row in (next(lines), next(lines))]
        assert sorted(first) == [(7777, ["Silent"]), (8080, ["Undeclared"])]
        minipod.ok("exec", "web", "-c", "http", "--", "touch", "/tmp/go")
        then = [
            (row["port"], row["marks"], row["pid"] is None) for row in (next(lines), next(lines))
        ]
        assert then == [(7777, ["Closed"], True), (7777, ["Declared"], False)]
        minipod.ok("delete", "pod", "web", "--grace-period=1")
        assert {row["port"]: row["marks"] for row in lines} == {7777: ["Closed"], 8080: ["Closed"]}
        assert watch.wait(5) == 1


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a program that runs on, also when a test fails."""
    try:
        yield
    finally:
        process.kill()


def test_the_host_s_own_sockets_are_not_a_pod_s(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    assert minipod.json("ports") == []
