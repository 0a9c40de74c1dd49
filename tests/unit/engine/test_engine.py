"""The engine over a machine that is not there: objects in, requests to sandboxes out."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from minipod.engine import Engine
from minipod.errors import AlreadyExists, Conflict, HostError, NotFound, StepFailed
from minipod.model.pod import JSON
from minipod.store.protocol import Change, Key
from tests.support.machine_facts import FIT
from tests.support.wait import DEADLINE

from .fakes import FakeSandbox, Machine, pod

Scenario = Callable[[Machine, Engine], Awaitable[None]]


def run(machine: Machine, scenario: Scenario) -> None:
    """Play a scenario on a started engine, and close it."""

    async def play() -> None:
        engine = machine.engine()
        await engine.start()
        try:
            async with asyncio.timeout(DEADLINE):
                await scenario(machine, engine)
        finally:
            await engine.close()

    asyncio.run(play())


async def created(engine: Engine, obj: JSON | None = None) -> JSON:
    made = await engine.create_pod(obj or pod())
    meta = made.obj["metadata"]
    return await engine.settled(meta["namespace"], meta["name"])


async def until(engine: Engine, condition: Callable[[JSON], bool], name: str = "web") -> JSON:
    """Wait until the pod's object meets a condition; told by the store's watch."""
    key = Key("Pod", "default", name)
    watch = engine.store.watch("Pod", "default", engine.store.version)
    obj = engine.store.get(key)
    while obj is None or not condition(obj):
        revision = await anext(watch)
        if revision.key == key:
            obj = revision.obj
    return obj


def sandbox_of(machine: Machine, obj: JSON) -> FakeSandbox:
    return machine.sandboxes[obj["metadata"]["uid"]]


def first(obj: JSON) -> Any:
    return obj["status"]["containerStatuses"][0]


def reasons(engine: Engine) -> list[str]:
    return [event["reason"] for event in engine.store.list("Event")]


def test_a_created_pod_runs_and_says_where(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine)
        assert obj["status"]["phase"] == "Running"
        assert obj["status"]["podIP"] == "10.244.0.2"
        assert obj["status"]["hostIP"] == "10.244.255.2"
        assert obj["spec"]["nodeName"] == "machine"
        assert obj["metadata"]["uid"]
        assert first(obj)["containerID"] == "minipod://id-app-0"
        assert {"Scheduled", "Started"} <= set(reasons(engine))

    run(machine, scenario)


def test_a_name_is_taken_once(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        with pytest.raises(AlreadyExists):
            await engine.create_pod(pod())

    run(machine, scenario)


def test_the_owner_is_recorded_before_the_sandbox_exists(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.refuses_forks = True
        seen: list[bool] = []
        fork = machine.fork

        async def watched(spec: Any, cgroup: int) -> Any:
            seen.append(machine.store.record("sandboxes", spec["uid"]) is not None)
            return await fork(spec, cgroup)

        machine.fork = watched  # type: ignore[method-assign]
        await created(engine)
        assert seen
        assert all(seen)

    run(machine, scenario)


def test_a_birth_that_fails_leaves_nothing_says_why_and_is_tried_again(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine, pod("first"))  # so that the network is there
        machine.refuses_forks = True
        obj = await created(engine)
        assert obj["status"]["phase"] == "Pending"
        assert "Cannot allocate memory" in first(obj)["state"]["waiting"]["message"]
        assert "FailedCreatePodSandBox" in reasons(engine)
        assert machine.looks == 1
        uid = obj["metadata"]["uid"]
        assert uid not in machine.groups
        assert machine.store.record("sandboxes", uid) is None
        machine.refuses_forks = False
        machine.clock.now += 60
        engine.images.map("wake", ["up"])
        await until(engine, lambda now: now["status"]["phase"] == "Running")

    run(machine, scenario)


def test_what_of_the_machine_keeps_a_pod_down_is_told_until_it_comes_up(machine: Machine) -> None:
    def unfit(obj: JSON) -> list[str]:
        kind = "minipod.dev/HostReady"
        return [each["message"] for each in obj["status"]["conditions"] if each["type"] == kind]

    async def scenario(machine: Machine, engine: Engine) -> None:
        assert unfit(await created(engine, pod("first"))) == []
        assert machine.looks == 0  # who comes up well pays for nothing
        machine.refuses_forks = True
        machine.facts = replace(FIT, limits=replace(FIT.limits, pid_max=210, neighbours=1))
        (told,) = unfit(await created(engine))
        assert told.startswith("pid-max: kernel.pid_max is 210, 200 threads run, 10 are left. Fix:")
        machine.refuses_forks = False
        machine.clock.now += 60
        engine.images.map("wake", ["up"])
        await until(engine, lambda now: now["status"]["phase"] == "Running" and not unfit(now))

    run(machine, scenario)


def test_a_machine_that_cannot_be_looked_at_costs_no_pod(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> Any:
        raise RuntimeError("can't start new thread")

    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.refuses_forks = True
        obj = await created(engine)
        assert "Cannot allocate memory" in first(obj)["state"]["waiting"]["message"]

    monkeypatch.setattr(machine, "look", refuse)
    run(machine, scenario)


def test_a_group_that_was_killed_and_could_not_be_removed_is_not_used_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since Linux 6.12 such a group kills what is born into it."""
    killed: set[str] = set()
    remove, ensure = machine.remove, machine.ensure

    async def kill(uid: str) -> None:
        killed.add(uid)

    def removed(name: str, pid: int | None = None) -> Any:
        if pid is None:
            if machine.refuses_forks:
                raise HostError("cannot remove control group")
            killed.discard(name)
        return remove(name, pid)

    def ensured(uid: str, names: Any = ()) -> None:
        assert uid not in killed
        ensure(uid, names)

    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine, pod("first"))
        for name, stand_in in (("kill", kill), ("remove", removed), ("ensure", ensured)):
            monkeypatch.setattr(machine, name, stand_in)
        machine.refuses_forks = True
        await created(engine)
        machine.refuses_forks = False
        machine.clock.now += 60
        engine.images.map("wake", ["up"])
        await until(engine, lambda now: now["status"]["phase"] == "Running")

    run(machine, scenario)


def test_a_server_with_few_descriptors_keeps_some_for_requests(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine, pod("first"))
        monkeypatch.setattr(resource, "getrlimit", lambda _: (70, 70))
        obj = await created(engine)
        assert "70 files" in first(obj)["state"]["waiting"]["message"]
        assert obj["metadata"]["uid"] not in machine.sandboxes

    run(machine, scenario)


def test_a_container_without_a_program_starts_when_its_image_is_mapped(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", {"name": "app", "image": "shop:1"}))
        assert first(obj)["state"]["waiting"]["reason"] == "ImageNotMapped"
        (told,) = [event for event in engine.store.list("Event") if event["reason"] == "Failed"]
        assert (told["type"], told["count"]) == ("Warning", 1)
        assert "minipod image map shop:1" in told["message"], "describe pod shows no other way out"
        engine.images.map("shop:*", ["serve"])
        obj = await until(engine, lambda now: now["status"]["phase"] == "Running")
        (start,) = [fields for op, fields in sandbox_of(machine, obj).requests if op == "start"]
        assert start["container"]["argv"] == ["serve"]

    run(machine, scenario)


def test_a_start_error_is_the_containers_and_not_the_servers(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        bad = pod("web", {"name": "app", "command": ["missing"]}, restartPolicy="Never")
        obj = await created(engine, bad)
        ended = first(obj)["state"]["terminated"]
        assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
        assert obj["status"]["phase"] == "Failed"

    run(machine, scenario)


def test_an_exit_code_reaches_the_status_and_the_next_delay_the_sandbox(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine)
        sandbox = sandbox_of(machine, obj)
        sandbox.end_of("app", 3, restart_at=machine.clock() + 0.0)
        sandbox.running["app"] = 1
        sandbox.write(event="started", name="app", attempt=1, id="id-app-1", pid=1)
        sandbox.tell()
        obj = await until(engine, lambda now: first(now)["restartCount"] == 1)
        assert first(obj)["lastState"]["terminated"]["exitCode"] == 3
        told = [fields["restart"] for op, fields in sandbox.requests if op == "restart"]
        assert told[-1]["delay"] == 10

    run(machine, scenario)


def test_an_end_that_crosses_what_the_sandbox_is_told_is_no_trouble(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine)
        sandbox = sandbox_of(machine, obj)
        request = sandbox.request

        async def ending(op: str, **fields: Any) -> dict[str, Any]:
            if op != "restart":
                return await request(op, **fields)
            sandbox.request = request  # type: ignore[method-assign]
            sandbox.end_of("app", 0)
            raise StepFailed("find container app", "it does not run", errno=3)

        sandbox.request = ending  # type: ignore[method-assign]
        await engine.delete_pod("default", "web")
        await engine.gone("default", "web")
        assert "FailedCreatePodSandBox" not in reasons(engine)

    run(machine, scenario)


def test_a_killed_sandbox_is_replaced_with_the_same_uid_and_address(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        before = await created(engine)
        old = sandbox_of(machine, before)
        old.die()
        after = await until(
            engine, lambda now: first(now)["restartCount"] == 1 and "running" in first(now)["state"]
        )
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert after["status"]["podIP"] == before["status"]["podIP"]
        assert sandbox_of(machine, after) is not old
        assert first(after)["lastState"]["terminated"]["exitCode"] == 137
        assert {"SandboxLost", "SandboxChanged"} <= set(reasons(engine))

    run(machine, scenario)


def test_a_lost_node_is_rebuilt_and_every_pod_wired_again(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine)
        sandbox = sandbox_of(machine, obj)
        wired = asyncio.Event()
        request = sandbox.request

        async def watched(op: str, **fields: Any) -> dict[str, Any]:
            answer = await request(op, **fields)
            if op == "network":
                wired.set()
            return answer

        sandbox.request = watched  # type: ignore[method-assign]
        machine.network.pods.clear()  # a namespace takes its ports and their peers with it
        machine.sandboxes["node-0"].die()
        await wired.wait()
        assert machine.sandboxes["node-0"].alive

    run(machine, scenario)


def test_deleting_asks_first_and_forgets_everything(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine)
        uid = obj["metadata"]["uid"]
        deletion = await engine.delete_pod("default", "web")
        assert deletion.obj["metadata"]["deletionGracePeriodSeconds"] == 30
        await engine.gone("default", "web")
        requests = [op for op, _ in machine.sandboxes[uid].requests]
        assert "signal" in requests
        assert engine.store.list("Pod") == []
        assert uid not in machine.groups
        assert not Path(engine.pod_folder(uid)).exists()
        assert machine.store.record("sandboxes", uid) is None
        with pytest.raises(NotFound):
            await engine.delete_pod("default", "web")

    run(machine, scenario)


def test_whoever_watches_a_deletion_learns_how_the_containers_ended(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        watch = engine.store.watch("Pod", "default", engine.store.version)
        await engine.delete_pod("default", "web")
        async for revision in watch:
            if revision.change is Change.DELETED:
                break
        (container, *_) = revision.obj["status"]["containerStatuses"]
        assert "exitCode" in container["state"]["terminated"]

    run(machine, scenario)


def test_a_second_delete_may_only_shorten_the_time(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.obedient = False
        await created(engine)
        await engine.delete_pod("default", "web", grace=20)
        longer = await engine.delete_pod("default", "web", grace=60)
        assert longer.obj["metadata"]["deletionGracePeriodSeconds"] == 20
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")

    run(machine, scenario)


def test_a_delete_of_another_uid_is_a_conflict(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        with pytest.raises(Conflict):
            await engine.delete_pod("default", "web", uid="another")

    run(machine, scenario)


def test_a_finished_pod_keeps_its_status_and_gives_back_the_rest(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod(restartPolicy="Never"))
        uid = obj["metadata"]["uid"]
        sandbox_of(machine, obj).end_of("app", 0)
        obj = await until(engine, lambda now: now["status"]["phase"] == "Succeeded")
        assert obj["status"]["podIP"] == "10.244.0.2"
        again = await created(engine, pod("other"))
        assert again["status"]["phase"] == "Running"
        assert machine.store.record("sandboxes", uid) is None

    run(machine, scenario)


def test_a_full_node_makes_the_next_pod_wait_until_an_address_is_free(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        for number in range(253):
            await created(engine, pod(f"p{number}"))
        obj = await created(engine)
        assert obj["status"]["phase"] == "Pending"
        (condition,) = obj["status"]["conditions"]
        assert condition["reason"] == "Unschedulable"
        assert "FailedScheduling" in reasons(engine)
        await engine.delete_pod("default", "p7", grace=0)
        obj = await until(engine, lambda now: now["status"]["phase"] == "Running")
        assert obj["status"]["podIP"] == "10.244.0.9"

    run(machine, scenario)


def test_a_pod_for_another_node_waits(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod(nodeName="elsewhere"))
        (condition,) = obj["status"]["conditions"]
        assert condition["reason"] == "Unschedulable"
        assert '"elsewhere"' in condition["message"]
        assert "podIP" not in obj["status"]

    run(machine, scenario)


def test_a_new_server_takes_back_what_runs_and_what_ended_meanwhile(machine: Machine) -> None:
    async def first_server(machine: Machine, engine: Engine) -> None:
        await created(engine)
        await created(engine, pod("job", restartPolicy="Never"))

    async def second_server(machine: Machine, engine: Engine) -> None:
        job = await until(engine, lambda now: now["status"]["phase"] == "Failed", "job")
        assert first(job)["state"]["terminated"]["exitCode"] == 9
        web = await engine.settled("default", "web")
        assert first(web)["restartCount"] == 0
        assert web["status"]["phase"] == "Running"

    run(machine, first_server)
    job = machine.store.get(Key("Pod", "default", "job"))
    assert job is not None
    sandbox_of(machine, job).on_journal = lambda _: None
    sandbox_of(machine, job).end_of("app", 9)
    run(machine, second_server)


def test_a_new_server_clears_away_what_has_no_pod(machine: Machine) -> None:
    machine.groups["stray"] = set()
    Path(machine.root.pod_folder("stray")).mkdir(parents=True)

    async def scenario(machine: Machine, engine: Engine) -> None:
        assert "stray" not in machine.groups
        assert not Path(machine.root.pod_folder("stray")).exists()

    run(machine, scenario)


def test_purge_leaves_nothing(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        engine.images.map("a", ["b"])
        await engine.purge()
        assert engine.store.list("Pod") == []
        assert machine.groups == {}
        assert machine.named == {}
        assert engine.images.list() == {}
        assert machine.store.records("sandboxes") == {}
        assert not os.path.exists(machine.root.fabric_folder)
        assert not os.path.exists(machine.root.node_folder("machine"))
        again = await created(engine)
        assert again["status"]["phase"] == "Running"

    run(machine, scenario)


def test_the_network_is_where_it_was_wanted_before_the_first_pod(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        wanted, other = IPv4Network("172.30.0.0/16"), IPv4Network("172.31.0.0/16")
        assert await engine.want_network(other) == other
        assert await engine.want_network(wanted) == wanted
        assert (await created(engine))["status"]["podIP"] == "172.30.0.2"
        assert await engine.want_network(other) == wanted
        await engine.purge()
        assert await engine.want_network(other) == other

    run(machine, scenario)


def test_a_purge_that_failed_can_be_finished(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: Any, **__: Any) -> None:
        raise HostError("cannot run nft: it is broken")

    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        with monkeypatch.context() as broken:
            broken.setattr(machine.network, "remove", refuses)
            with pytest.raises(HostError, match="it is broken"):
                await engine.purge()
        assert machine.network.host.links
        await engine.purge()
        assert not machine.network.host.links
        assert not machine.network.host.routes

    run(machine, scenario)


def test_a_pod_is_served_whatever_becomes_of_the_network(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any) -> None:
        raise ValueError("a bug")

    async def scenario(machine: Machine, engine: Engine) -> None:
        monkeypatch.setattr(machine.network, "ensure_fabric", breaks)
        with pytest.raises(ValueError, match="a bug"):
            await engine.create_pod(pod())
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")
        assert engine.store.list("Pod") == []

    run(machine, scenario)


def test_purge_takes_the_pods_that_do_not_obey(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.obedient = False
        await created(engine)
        await engine.purge()
        assert engine.store.list("Pod") == []

    run(machine, scenario)


def test_a_new_server_does_not_tell_old_news_again(machine: Machine) -> None:
    async def first_server(machine: Machine, engine: Engine) -> None:
        await created(engine)

    async def second_server(machine: Machine, engine: Engine) -> None:
        await engine.settled("default", "web")
        assert reasons(engine).count("Started") == 1
        assert all(event["count"] == 1 for event in engine.store.list("Event"))

    run(machine, first_server)
    run(machine, second_server)


def test_a_lost_fabric_is_rebuilt_without_being_asked(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        old = machine.sandboxes["fabric"]
        built = asyncio.Event()
        ensure = machine.network.ensure_node

        async def watched(*args: Any) -> None:
            await ensure(*args)
            built.set()

        machine.network.ensure_node = watched  # type: ignore[method-assign]
        old.die()
        await built.wait()
        assert machine.sandboxes["fabric"] is not old

    run(machine, scenario)


def test_a_closed_engine_keeps_no_descriptor_of_its_sandboxes(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine)
        await created(engine, pod("other"))

    gc.collect()  # what an earlier test left open would be closed at any moment
    before = len(os.listdir("/proc/self/fd"))
    run(machine, scenario)
    assert len(os.listdir("/proc/self/fd")) - before == len(machine.pipes)
