"""`ports`: who listens on what, as the kernel has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.host import run
from tests.support.manifests import IDLE, container, documents, pod, shell, web
from tests.support.wait import eventually

if TYPE_CHECKING:
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
            "declared",
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
    header, row = minipod.ok("ports").splitlines()
    assert header.split()[:3] == ["POD", "CONTAINER", "PROTOCOL"]
    assert re.match(r"web +http +TCP ", row)
    assert "python3" in row
    assert minipod.json("ports", "idle") == []
    assert 'pod "x" not found' in minipod.fails("ports", "x")


def test_the_host_s_own_sockets_are_not_a_pod_s(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    assert minipod.json("ports") == []
