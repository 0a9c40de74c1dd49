"""`check`: who reaches whom, tried from inside every pod."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.host import run
from tests.support.manifests import container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.command import Minipod

UDP = """
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("0.0.0.0", 53))
while True:
    data, sender = udp.recvfrom(100)
    print("heard", len(data), flush=True)
"""
DROP = """
table bridge test {{
  chain forward {{
    type filter hook forward priority 0
    ip daddr {address} tcp dport 8080 drop
  }}
}}
"""

Cell = tuple[str, str, int, str]


@pytest.fixture
def four(minipod: Minipod) -> Iterator[Minipod]:
    """Give a root with a TCP server, one on localhost, a UDP server, and one behind a firewall."""
    declared = [{"containerPort": 8080}]
    minipod.create(
        documents(
            pod("open", container("main", web())),
            pod("local", container("main", web(8080, "127.0.0.1"), ports=declared)),
            pod("udp", container("main", ["python3", "-c", UDP]), terminationGracePeriodSeconds=1),
            pod("walled", container("main", web())),
        )
    )
    eventually(lambda: sum(each["pid"] is not None for each in minipod.json("ports")) == 4)
    node = f"root.{minipod.pod('walled')['spec']['nodeName']}"
    rules = DROP.format(address=minipod.address("walled"))
    subprocess.run(
        ["ip", "netns", "exec", node, "nft", "-f", "-"], input=rules, text=True, check=True
    )
    return minipod


def cells(rows: list[dict[str, Any]]) -> dict[Cell, str]:
    """Return the results by source, target, port and protocol."""
    return {
        (one["from"]["pod"], one["to"]["pod"], one["port"], one["protocol"]): one["result"]
        for one in rows
    }


def curl(source: str, address: str) -> bool:
    """Return whether curl gets an answer, run in a pod's network."""
    argv = ["ip", "netns", "exec", f"root.default.{source}", "curl", "-s", "-m1"]
    done = subprocess.run([*argv, f"http://{address}:8080"], capture_output=True, check=False)
    return done.returncode == 0


def test_every_cell_agrees_with_a_real_client(four: Minipod) -> None:
    begun = time.monotonic()
    done = four("check", "-o", "json")
    assert time.monotonic() - begun < 15
    assert done.returncode == 1
    names = ("open", "local", "udp", "walled")
    seen = cells(json.loads(done.stdout))
    assert set(seen) == {(one, to, 8080, "TCP") for one in names for to in names if to != "udp"} | {
        (one, "udp", 53, "UDP") for one in names
    }
    for (source, to, port, _), result in seen.items():
        if port == 8080:
            assert curl(source, four.address(to)) is (result == "reachable"), (source, to)
        else:
            assert result == "open|no answer"
        if to == "local":
            assert result == "localhost only"
        if to == "walled" != source:
            assert result == "no answer"
    run("ip", "netns", "exec", "root.default.local", "curl", "-s", "http://127.0.0.1:8080")
    assert four.ok("logs", "udp").splitlines() == ["heard 0"] * 4
    assert "Traceback" not in four.ok("logs", "open")


def test_the_table_says_what_to_do(four: Minipod) -> None:
    done = four("check", "walled")
    assert (done.returncode, done.stderr) == (1, "")
    table, told = done.stdout.split("\n\n")
    header, *rows = table.splitlines()
    assert header.split()[0:2] == ["FROM", "walled:8080/tcp"]
    assert {row.split()[0] for row in rows} == {"open", "local", "udp", "walled"}
    assert "walled:8080/tcp: no answer to local, open, udp within 1 s" in told
    assert "local:8080/tcp: it listens on 127.0.0.1 only" in told
    assert "Let it bind 0.0.0.0 instead." in told


def test_what_is_private_or_silent_does_not_fail(minipod: Minipod) -> None:
    minipod.create(
        documents(
            pod("open", container("main", web())),
            pod("local", container("main", web(8080, "127.0.0.1"))),
        )
    )
    eventually(lambda: len(minipod.json("ports")) == 2)
    assert "localhost only" in minipod.ok("check", "-A")
    seen = cells(minipod.json("check", "open", "--timeout", "0.5"))
    assert seen["local", "open", 8080, "TCP"] == "reachable"
    assert seen["open", "local", 8080, "TCP"] == "localhost only"
    assert ("local", "local", 8080, "TCP") not in seen
