"""What the next server makes of what an earlier one left half done."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from minipod.engine import Engine
from minipod.errors import HostError
from minipod.model.pod import JSON
from tests.support.wait import DEADLINE

from .fakes import Machine, pod

Scenario = Callable[[Engine], Awaitable[None]]


def serve(machine: Machine, scenario: Scenario) -> None:
    """Start a server on the machine, play a scenario, and end the server; pods run on."""

    async def play() -> None:
        engine = machine.engine()
        await engine.start()
        try:
            async with asyncio.timeout(DEADLINE):
                await scenario(engine)
        finally:
            await engine.close()

    asyncio.run(play())


async def create(engine: Engine) -> None:
    await engine.create_pod(pod())
    await engine.settled("default", "web")


def sandbox_of_web(machine: Machine) -> Any:
    (obj,) = machine.store.list("Pod")
    return machine.sandboxes[obj["metadata"]["uid"]]


async def running(engine: Engine) -> None:
    """Wait until the pod runs; told by the store's watch."""
    watch = engine.store.watch("Pod", "default", engine.store.version)
    (obj,) = engine.store.list("Pod")
    while obj["status"]["phase"] != "Running":
        obj = (await anext(watch)).obj


async def restarted(engine: Engine) -> None:
    """Wait until the pod's container runs for the second time."""
    watch = engine.store.watch("Pod", "default", engine.store.version)
    (obj,) = engine.store.list("Pod")
    while obj["status"]["containerStatuses"][0]["restartCount"] != 1:
        obj = (await anext(watch)).obj


def notice(target: object, method: str, *first: object) -> asyncio.Event:
    """Return an event that is set when a method has done its work, if called with `first`."""
    called = asyncio.Event()
    original = getattr(target, method)

    async def noticed(*args: Any, **fields: Any) -> Any:
        answer = await original(*args, **fields)
        if args[: len(first)] == first:
            called.set()
        return answer

    setattr(target, method, noticed)
    return called


def test_a_fabric_that_ended_with_its_server_is_built_by_the_next(machine: Machine) -> None:
    async def rebuilds(engine: Engine) -> None:
        await notice(machine.network, "ensure_node").wait()
        assert machine.sandboxes["fabric"].alive

    serve(machine, create)
    machine.sandboxes["fabric"].die()
    serve(machine, rebuilds)


def test_a_network_that_an_earlier_server_left_half_built_is_completed(machine: Machine) -> None:
    async def completes(engine: Engine) -> None:
        await notice(machine.network, "ensure_node").wait()

    serve(machine, create)
    serve(machine, completes)


def test_a_link_to_an_earlier_node_is_no_link(machine: Machine) -> None:
    async def builds_the_node_only(engine: Engine) -> None:
        machine.refused["network"] = "this server ends before it comes to that"
        await notice(machine.network, "ensure_node").wait()

    async def connects(engine: Engine) -> None:
        machine.refused.clear()
        await notice(sandbox_of_web(machine), "request", "network").wait()

    serve(machine, create)
    machine.sandboxes["node-0"].die()
    serve(machine, builds_the_node_only)
    serve(machine, connects)


def test_a_link_made_while_the_node_ended_is_made_again(machine: Machine) -> None:
    async def scenario(engine: Engine) -> None:
        connect = machine.network.connect_pod

        async def ends_meanwhile(*args: Any) -> None:
            await connect(*args)
            monkeypatch.undo()
            machine.sandboxes["node-0"].die()

        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(machine.network, "connect_pod", ends_meanwhile)
            await create(engine)
        machine.clock.now += 60
        engine.images.map("wake", ["up"])
        await running(engine)
        asked = [op for op, _ in sandbox_of_web(machine).requests]
        assert asked.count("network") == 2

    serve(machine, scenario)


def test_a_node_that_ends_while_there_are_no_pods_leaves_no_name_behind(machine: Machine) -> None:
    async def leaves_no_pod(engine: Engine) -> None:
        await create(engine)
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")

    async def loses_the_node(engine: Engine) -> None:
        rebuilt = notice(machine.network, "ensure_node")
        machine.sandboxes["node-0"].die()
        await rebuilt.wait()
        living = {sandbox.pid for sandbox in machine.sandboxes.values() if sandbox.alive}
        assert set(machine.named.values()) <= living

    serve(machine, leaves_no_pod)
    serve(machine, loses_the_node)


def test_a_server_with_too_few_descriptors_takes_nobody_for_dead(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(engine: Engine) -> None:
        pass

    serve(machine, create)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (70, 70))
    with pytest.raises(HostError, match="cannot take back 3 sandboxes"):
        serve(machine, nothing)
    assert sandbox_of_web(machine).uid in machine.groups


def names(machine: Machine) -> JSON:
    return {name: pid for name, pid in machine.named.items() if "web" in name}


def test_a_name_given_by_a_server_that_was_killed_goes_with_its_sandbox(machine: Machine) -> None:
    async def deletes(engine: Engine) -> None:
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")

    serve(machine, create)
    assert names(machine)
    sandbox = sandbox_of_web(machine)
    # Killed right after the sandbox was born: the record has what was there before.
    record = machine.store.record("sandboxes", sandbox.uid)
    assert record is not None
    machine.store.put_record("sandboxes", sandbox.uid, record | {"pid": None})
    serve(machine, deletes)
    assert not names(machine)


def test_a_name_that_is_missing_is_given_by_the_next_server(machine: Machine) -> None:
    async def nothing(engine: Engine) -> None:
        pass

    serve(machine, create)
    before = names(machine)
    machine.named.clear()
    serve(machine, nothing)
    assert names(machine) == before


def boots(machine: Machine) -> None:
    """Restart the machine: no sandbox, group or name is left, and pids begin anew."""
    for sandbox in machine.sandboxes.values():
        sandbox.alive = False
    machine.sandboxes.clear()
    machine.groups.clear()
    machine.named.clear()
    machine.boot_id = "second"
    machine.clock.now += 60


def test_a_reboot_is_told_once_and_the_node_has_the_new_boot(machine: Machine) -> None:
    async def nothing(engine: Engine) -> None:
        pass

    serve(machine, create)
    boots(machine)
    serve(machine, restarted)
    serve(machine, nothing)
    told = [event for event in machine.store.list("Event") if event["reason"] == "Rebooted"]
    assert [event["count"] for event in told] == [1]
    assert told[0]["message"] == "Node machine has been rebooted, boot id: second"
    assert told[0]["involvedObject"]["kind"] == "Node"
    (node,) = machine.store.list("Node")
    assert node["status"]["nodeInfo"]["bootID"] == "second"


def test_a_server_that_dies_while_it_recovers_leaves_the_reboot_to_the_next(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine, create)
    boots(machine)
    with monkeypatch.context() as patch:
        patch.setattr("minipod.engine.node.Node.refresh", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            serve(machine, restarted)
    serve(machine, restarted)
    (obj,) = machine.store.list("Pod")
    (status,) = obj["status"]["containerStatuses"]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["reason"] == "Unknown"


def test_no_pid_of_an_earlier_boot_is_kept(machine: Machine) -> None:
    serve(machine, create)
    uid = sandbox_of_web(machine).uid
    boots(machine)
    machine.named["web"] = machine.store.record("sandboxes", uid)["pid"]  # type: ignore[index]
    machine.refuses_forks = True

    async def waits(engine: Engine) -> None:
        await engine.settled("default", "web")

    serve(machine, waits)
    assert "web" in machine.named  # another's, who has that pid now
    machine.refuses_forks = False
    serve(machine, restarted)


def test_a_journal_that_is_shorter_than_what_was_told_is_read_on_from_its_end(
    machine: Machine,
) -> None:
    serve(machine, create)
    uid = sandbox_of_web(machine).uid
    boots(machine)
    machine.store.put_record("journals", uid, 1_000_000)
    serve(machine, restarted)


def test_an_address_whose_pod_was_lost_is_given_back(machine: Machine) -> None:
    async def nothing(engine: Engine) -> None:
        pass

    serve(machine, create)
    pool = machine.store.record("network", "addresses")
    assert pool is not None
    machine.store.put_record("network", "addresses", pool | {"used": pool["used"] | {"gone": 77}})
    serve(machine, nothing)
    assert list(machine.store.record("network", "addresses")["used"]) == list(pool["used"])  # type: ignore[index]
