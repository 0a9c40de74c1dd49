"""`get events`, `events`, and watching: what happens, as it happens."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

from tests.support.manifests import container, documents, pod, shell
from tests.support.wait import eventually

if TYPE_CHECKING:
    import subprocess

    from tests.support.command import Minipod

BAD = container("main", shell("exit 3"))


def read(running: subprocess.Popen[str], word: str) -> str:
    """Return the next line of a running command that has a word in it."""
    assert running.stdout is not None
    return next(line for line in running.stdout if word in line)


def test_events_are_those_of_the_api(minipod: Minipod) -> None:
    minipod.create(documents(pod("web"), pod("bad", BAD)))
    eventually(lambda: "BackOff" in minipod.ok("get", "events"))
    header, *rows = minipod.ok("get", "events", "--for", "pod/bad").splitlines()
    assert header.split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert {row.split()[3] for row in rows} == {"pod/bad"}
    warnings = minipod.ok("get", "ev", "--types=Warning", "--no-headers").splitlines()
    assert [row.split()[1:4] for row in warnings] == [["Warning", "BackOff", "pod/bad"]]
    known = minipod.api("/api/v1/namespaces/default/events")["items"]
    names = [f"event/{each['metadata']['name']}" for each in known]
    assert minipod.ok("get", "events", "-o", "name").splitlines() == names
    shown = json.loads(minipod.ok("get", names[0].replace("event", "ev"), "-o", "json"))
    assert shown["involvedObject"] == known[0]["involvedObject"]
    assert minipod.ok("get", "events", "-A", "--no-headers").startswith("default ")


def test_events_of_a_pod_in_the_order_in_which_they_were_seen(minipod: Minipod) -> None:
    minipod.create(pod("bad", BAD))
    eventually(lambda: "BackOff" in minipod.ok("events"))
    rows = minipod.ok("events", "--for", "pod/bad", "--no-headers").splitlines()
    assert rows[0].split()[1:4] == ["Normal", "Scheduled", "Pod/bad"]
    assert len(rows) == 3


def test_nodes_and_namespaces_are_listed(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    (row,) = minipod.ok("get", "nodes", "--no-headers").splitlines()
    assert row.split()[:2] == [minipod.pod("web")["spec"]["nodeName"], "Ready"]
    assert minipod.ok("get", "ns", "-o", "name") == "namespace/default\n"


def test_a_watch_shows_what_happens_until_it_is_interrupted(minipod: Minipod) -> None:
    minipod.create(pod("a"))
    with (
        minipod.start("get", "pods", "-w") as pods,
        minipod.start("events", "-w") as events,
    ):
        read(pods, "a ")
        read(events, "Pod/a")
        minipod.create(pod("a-longer-name"))
        assert read(pods, "Running").split()[:3] == ["a-longer-name", "1/1", "Running"]
        assert "Successfully assigned" in read(events, "Pod/a-longer-name")
        minipod.ok("delete", "pod", "a-longer-name")
        assert read(pods, "Terminating").startswith("a-longer-name ")
        for running in (pods, events):
            running.send_signal(signal.SIGINT)
        for running in (pods, events):
            assert running.communicate(timeout=10)[1].strip() == ""
            assert running.returncode == -signal.SIGINT


def test_a_watch_ends_quietly_when_nobody_reads(minipod: Minipod) -> None:
    minipod.create(pod("a"))
    with minipod.start("get", "pods", "-w") as running:
        read(running, "a ")
        assert running.stdout is not None
        running.stdout.close()
        minipod.create(pod("b"))
        assert running.wait(timeout=10) == 1
        assert running.stderr is not None
        assert running.stderr.read() == ""
