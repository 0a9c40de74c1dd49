"""Usage: a mean between two looks, of which the first may be an earlier one."""

from __future__ import annotations

import asyncio

import pytest

from minipod.engine.usage import Gauge
from minipod.model.usage import MACHINE, Place, Usage

WEB = Place("uid", "web")


class FakeMeter:
    """Counts what is told; every place has as many bytes as its name has letters."""

    def __init__(self) -> None:
        self.cpu = {WEB: 10.0, MACHINE: 100.0}

    def cpu_time(self, place: Place) -> float:
        return self.cpu[place]

    def memory(self, place: Place) -> int:
        return len(place.container)


class Lab:
    """A gauge on a clock of its own; while it sleeps, `work` is done."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.meter = FakeMeter()
        self.work = 0.1
        self.gauge = Gauge(self.meter, lambda: self.now, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds, self.work)

    def pass_by(self, seconds: float, work: float) -> None:
        self.now += seconds
        self.meter.cpu[WEB] += work

    def ask(self, *places: Place) -> dict[Place, Usage]:
        return asyncio.run(self.gauge.usage(places))


@pytest.fixture
def lab() -> Lab:
    return Lab()


def test_the_first_time_it_looks_twice(lab: Lab) -> None:
    used = lab.ask(WEB)[WEB]
    assert used == (pytest.approx(0.5), 3, pytest.approx(0.2))
    assert lab.slept == [0.2]


def test_later_it_is_the_mean_since_the_look_before(lab: Lab) -> None:
    lab.ask(WEB)
    lab.pass_by(10, 15)
    assert lab.ask(WEB)[WEB] == (pytest.approx(1.5), 3, pytest.approx(10))
    assert lab.slept == [0.2], "nobody waited"


@pytest.mark.parametrize("seconds", [0.05, 61])
def test_a_look_too_near_or_too_old_does_not_count(lab: Lab, seconds: float) -> None:
    lab.ask(WEB)
    lab.pass_by(seconds, 100)
    assert lab.ask(WEB)[WEB] == (pytest.approx(0.5), 3, pytest.approx(0.2))


def test_a_place_that_is_new_is_looked_at_twice_beside_one_that_is_not(lab: Lab) -> None:
    lab.ask(WEB)
    lab.pass_by(1.8, 0.9)
    used = lab.ask(WEB, MACHINE)
    assert used[WEB].window == pytest.approx(2)
    assert used[WEB].cores == pytest.approx(0.5)
    assert used[MACHINE].window == pytest.approx(0.2)


def test_a_group_made_anew_has_used_nothing_yet(lab: Lab) -> None:
    lab.ask(WEB)
    lab.pass_by(5, -9)
    assert lab.ask(WEB)[WEB].cores == 0


def test_what_is_gone_is_forgotten(lab: Lab) -> None:
    lab.ask(WEB)
    lab.pass_by(61, 0)
    lab.ask(MACHINE)
    assert list(lab.gauge._samples) == [MACHINE]


def test_nothing_at_all_takes_no_time(lab: Lab) -> None:
    assert (lab.ask(), lab.slept) == ({}, [])
