"""What the watcher saw becomes conflicts, events and a condition: once each, whoever serves."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from typing import Any

import pytest

from minipod.engine import Engine
from minipod.errors import HostError
from minipod.model.binds import BindCall, Call
from minipod.model.pod import JSON, Protocol
from minipod.watcher.protocol import Mechanism

from .fakes import Machine, pod
from .test_engine import created, run, until

TWO = ({"name": "a", "command": ["sleep", "9"]}, {"name": "b", "command": ["sleep", "9"]})


def bind(machine: Machine, obj: JSON, container: str, seq: int, **changes: Any) -> BindCall:
    """A bind of a container that was refused."""
    fields = {
        "seq": seq,
        "time": machine.clock(),
        "call": Call.BIND,
        "failed": True,
        "pid": 999_999,
        "name": "python3",
        "command": "python3 -m http.server 8080",
        "cgroup": machine.group(obj["metadata"]["uid"], container),
        "uid": 0,
        "protocol": Protocol.TCP,
        "family": 4,
        "address": "0.0.0.0",
        "port": 8080,
        "inode": 1000 + seq,
        "reuseaddr": False,
        "reuseport": False,
        "v6only": False,
    }
    return BindCall(**{**fields, **changes})


def conflicts(engine: Engine) -> list[JSON]:
    return engine.store.list("PortConflict")


async def told(engine: Engine, number: int) -> list[JSON]:
    """Return the conflicts as soon as there are so many."""
    watch = engine.store.watch("PortConflict", None, engine.store.version)
    while len(conflicts(engine)) < number:
        await anext(watch)
    return conflicts(engine)


def events(engine: Engine) -> list[JSON]:
    return [each for each in engine.store.list("Event") if each["reason"] == "PortConflict"]


def condition(obj: JSON) -> str:
    found = {each["type"]: each["status"] for each in obj["status"]["conditions"]}
    return str(found["minipod.dev/PortsFree"])


def test_a_refused_bind_is_a_conflict_and_an_event_of_its_container(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(bind(machine, obj, "b", 1))
        (conflict,) = await told(engine, 1)
        assert (conflict["pod"], conflict["wanted"]["container"]) == ("web", "b")
        (event,) = events(engine)
        assert event["type"] == "Warning"
        assert event["message"] == conflict["explanation"]
        assert event["involvedObject"]["fieldPath"] == "spec.containers{b}"

    run(machine, scenario)


def test_the_watcher_is_there_before_the_first_container_starts(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        assert machine.watcher.spawned == 0
        await created(engine)
        assert machine.watcher.spawned == 1

    run(machine, scenario)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (HostError("cannot start the watcher: it ended with 1"), "it ended with 1"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
    ],
)
def test_no_watcher_costs_no_pod_and_is_tried_again(
    machine: Machine, refusal: Exception, told: str
) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.refusal = refusal
        obj = await created(engine)
        assert obj["status"]["phase"] == "Running"
        assert told in str(engine.watch.trouble)
        machine.watcher.refusal = None
        await machine.watcher.connected()

    run(machine, scenario)


def test_a_watcher_that_dies_is_replaced(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(bind(machine, obj, "b", 7))
        await told(engine, 1)
        machine.watcher.die()
        await machine.watcher.connected()
        machine.watcher.see(bind(machine, obj, "b", 1))
        assert len(await told(engine, 2)) == 2

    run(machine, scenario)


def test_the_same_refusal_again_is_counted_and_not_told_twice(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(bind(machine, obj, "b", 1))
        await told(engine, 1)
        watch = engine.store.watch("PortConflict", None, engine.store.version)
        machine.watcher.see(bind(machine, obj, "b", 1, count=40))
        assert (await anext(watch)).obj["count"] == 40
        assert len(conflicts(engine)) == 1
        (event,) = events(engine)
        assert event["count"] == 40

    run(machine, scenario)


def test_a_refusal_of_no_container_is_nobody_s_conflict(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(
            bind(machine, obj, "b", 1, cgroup=12345),
            bind(machine, obj, "b", 2, cgroup=None),
            bind(machine, obj, "b", 3),
        )
        (conflict,) = await told(engine, 1)
        assert conflict["metadata"]["name"].endswith("3")

    run(machine, scenario)


def test_without_groups_a_container_s_first_process_is_known_by_the_journal(
    machine: Machine,
) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", TWO[0]))
        first = machine.sandboxes[obj["metadata"]["uid"]].pid + 1
        machine.watcher.see(bind(machine, obj, "a", 1, cgroup=None, pid=first))
        (conflict,) = await told(engine, 1)
        assert (conflict["pod"], conflict["wanted"]["container"]) == ("web", "a")

    run(machine, scenario)


def test_without_groups_another_process_is_known_by_its_group_now(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.groups_of[77] = machine.group(obj["metadata"]["uid"], "b")
        machine.watcher.see(bind(machine, obj, "b", 1, cgroup=None, pid=77))
        (conflict,) = await told(engine, 1)
        assert conflict["wanted"]["container"] == "b"

    run(machine, scenario)


def test_conflicts_go_with_their_pod(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(bind(machine, obj, "b", 1))
        await told(engine, 1)
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")
        assert conflicts(engine) == []

    run(machine, scenario)


def test_the_condition_follows_the_process_that_was_refused(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        assert condition(obj) == "True"
        loser = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE)
        machine.watcher.see(bind(machine, obj, "b", 1, pid=loser.pid))
        await until(engine, lambda each: condition(each) == "False")
        assert loser.stdin is not None
        loser.stdin.close()
        await until(engine, lambda each: condition(each) == "True")
        await loser.wait()

    run(machine, scenario)


def test_the_condition_ends_when_the_container_gets_the_port(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(bind(machine, obj, "b", 1, pid=os.getpid()))
        await until(engine, lambda each: condition(each) == "False")
        machine.watcher.see(bind(machine, obj, "b", 0, failed=False, pid=os.getpid()))
        await until(engine, lambda each: condition(each) == "True")

    run(machine, scenario)


def test_the_next_server_tells_what_happened_meanwhile_and_nothing_twice(
    machine: Machine,
) -> None:
    async def first(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", *TWO))
        machine.watcher.see(bind(machine, obj, "b", 1))
        await told(engine, 1)

    async def second(machine: Machine, engine: Engine) -> None:
        found = await told(engine, 2)
        assert sorted(each["metadata"]["name"][-1] for each in found) == ["1", "2"]
        assert sum(event["count"] for event in events(engine)) == 2
        assert machine.watcher.spawned == 1
        assert [each and each.seq for each in machine.watcher.after] == [None, 1]

    run(machine, first)
    machine.clock.now += 1
    (obj,) = machine.store.list("Pod")
    machine.watcher.see(bind(machine, obj, "b", 2))
    run(machine, second)


def test_a_server_that_stops_leaves_the_watcher_to_the_pods(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        await engine.stop()

    run(machine, scenario)
    assert machine.watcher.alive


def test_a_server_that_stops_without_pods_ends_the_watcher(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")
        await engine.stop()

    run(machine, scenario)
    assert not machine.watcher.alive


def test_purge_ends_the_watcher(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        await engine.purge()
        assert not machine.watcher.alive

    run(machine, scenario)


@pytest.mark.parametrize(("code", "looked"), [(1, True), (0, False)])
def test_where_no_bind_is_seen_a_failed_end_is_looked_into(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, code: int, looked: bool
) -> None:
    asked: list[str] = []

    def suspected(container: str, exit_code: int, space: Any, time: float) -> None:
        asked.append(container)

    monkeypatch.setattr("minipod.engine.conflicts.suspect", suspected)
    monkeypatch.setattr("minipod.engine.conflicts._HEARD_WITHIN", 0)

    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.mechanism = Mechanism.NONE
        obj = await created(engine, pod("web", *TWO))
        machine.sandboxes[obj["metadata"]["uid"]].end_of("b", code)
        await until(engine, lambda each: "terminated" in str(each["status"]))
        await asyncio.gather(*engine._conflicts._suspecting)
        assert asked == (["b"] if looked else [])

    run(machine, scenario)


def test_an_end_is_no_suspicion_when_its_refusal_is_heard_of_just_after(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipod.engine.conflicts._HEARD_WITHIN", 0.5)
    guessed: list[str] = []

    def suspected(container: str, exit_code: int, space: Any, time: float) -> None:
        guessed.append(container)

    monkeypatch.setattr("minipod.engine.conflicts.suspect", suspected)

    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.mechanism = Mechanism.TRACEFS
        obj = await created(engine, pod("web", *TWO))
        refused = bind(machine, obj, "b", 1)
        machine.sandboxes[obj["metadata"]["uid"]].end_of("b", 1)
        await until(engine, lambda each: "terminated" in str(each["status"]))
        machine.watcher.see(refused)
        await told(engine, 1)
        await asyncio.gather(*engine._conflicts._suspecting)

    run(machine, scenario)
    assert guessed == [], "it was refused a port, and that was seen"
