"""What the doctor tells of the watcher, and when it has the cost measured."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network

import pytest

from minipod.engine import Engine
from minipod.engine.watch import Watch
from minipod.errors import HostError
from minipod.model.doctor import Cost
from minipod.model.root import Root
from minipod.watcher.protocol import Mechanism

from .fakes import Machine
from .test_engine import run

COST = Cost(2000.0, 1.2, 60.0, 1.1)
OTHER = Cost(3000.0, 1.3, 70.0, 1.2)


def test_what_is_in_use_and_what_is_missing_with_it(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.costs = [COST]
        watcher = (await engine.doctor.report(measure=False)).watcher
        assert (watcher.mechanism, watcher.pid, watcher.lost) == ("tracepoint", 1, 0)
        assert watcher.missing == ("binds by io_uring, and by 32-bit programs",)
        assert (watcher.trouble, watcher.cost) == (None, COST)

    run(machine, scenario)


def test_the_cost_is_measured_once_for_each_boot_and_mechanism(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        async def cost(*, measure: bool = False) -> Cost | None:
            return (await engine.doctor.report(measure=measure)).watcher.cost

        machine.watcher.costs = [COST, OTHER, COST]
        assert [await cost(), await cost()] == [COST, COST]
        assert [await cost(measure=True), await cost()] == [OTHER, OTHER]
        monkeypatch.setattr("minipod.engine.doctor.boot_id", lambda: "the next boot")
        assert [await cost(), await cost()] == [COST, COST]
        assert machine.watcher.costs == []

    run(machine, scenario)


def test_one_measurement_at_a_time(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.costs = [COST]
        reports = await asyncio.gather(*(engine.doctor.report(measure=False) for _ in range(3)))
        assert [report.watcher.cost for report in reports] == [COST] * 3

    run(machine, scenario)


def test_what_could_not_be_measured_is_an_error_only_for_who_asked(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.costs = [HostError("cannot measure"), HostError("cannot measure")]
        assert (await engine.doctor.report(measure=False)).watcher.cost is None
        with pytest.raises(HostError, match="cannot measure"):
            await engine.doctor.report(measure=True)

    run(machine, scenario)


def test_with_none_nothing_is_measured(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.mechanism = Mechanism.NONE
        watcher = (await engine.doctor.report(measure=True)).watcher
        assert (watcher.mechanism, watcher.cost) == ("none", None)
        assert watcher.missing

    run(machine, scenario)


def test_a_slow_watcher_is_waited_for_but_not_for_ever(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()
    spawn = machine.watcher.spawn

    async def slow(root: Root, cgroup: int) -> None:
        await started.wait()
        await spawn(root, cgroup)

    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.costs = [COST]
        with monkeypatch.context() as patch:
            patch.setattr("minipod.engine.doctor._WATCHER_WITHIN", 0)
            watcher = (await engine.doctor.report(measure=False)).watcher
            assert watcher.trouble == "it is being started"
        asyncio.get_running_loop().call_later(0.02, started.set)
        assert (await engine.doctor.report(measure=False)).watcher.mechanism == "tracepoint"

    monkeypatch.setattr(Watch.ready, "__defaults__", (0.0,))  # what containers wait is not it
    monkeypatch.setattr(machine.watcher, "spawn", slow)
    run(machine, scenario)


def test_the_next_watcher_is_waited_for_when_one_has_ended(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, begun = asyncio.Event(), asyncio.Event()
    spawn = machine.watcher.spawn

    async def slow(root: Root, cgroup: int) -> None:
        begun.set()
        await started.wait()
        await spawn(root, cgroup)

    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.costs = [COST]
        await engine.doctor.report(measure=False)
        monkeypatch.setattr(machine.watcher, "spawn", slow)
        machine.watcher.die()
        await begun.wait()
        asyncio.get_running_loop().call_later(0.02, started.set)
        watcher = (await engine.doctor.report(measure=False)).watcher
        assert (watcher.mechanism, watcher.trouble) == ("tracepoint", None)
        assert machine.watcher.spawned == 2

    run(machine, scenario)


def test_it_names_the_network_that_pods_have_or_are_to_have(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.mechanism = Mechanism.NONE
        assert (await engine.doctor.report(measure=False)).cluster_cidr is None
        await engine.want_network(IPv4Network("10.9.0.0/16"))
        assert (await engine.doctor.report(measure=False)).cluster_cidr == "10.9.0.0/16"

    run(machine, scenario)


def test_without_a_watcher_it_says_why(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.watcher.refusal = HostError("cannot start the watcher: it ended with 1")
        watcher = (await engine.doctor.report(measure=False)).watcher
        assert (watcher.mechanism, watcher.pid) == ("none", None)
        assert watcher.trouble == "cannot start the watcher: it ended with 1"

    run(machine, scenario)
