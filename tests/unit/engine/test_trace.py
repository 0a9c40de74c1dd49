"""Who listens is told what is done for the pods that it asked about, and for nobody else's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from minipod.engine.trace import MOST, Trace, asked_by, works_for
from minipod.errors import Conflict
from minipod.plan.byhand import Deed
from minipod.store.protocol import Key

from .fakes import pod
from .test_engine import created, run, until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from minipod.engine import Engine
    from minipod.engine.trace import Line

    from .fakes import Machine

WEB, DB = Key("Pod", "default", "web"), Key("Pod", "default", "db")


async def begun(trace: Trace, asker: str) -> AsyncGenerator[list[Line], None]:
    lines = trace.listen(asker)
    assert await anext(lines) == []
    return lines


async def rest(lines: AsyncGenerator[list[Line], None]) -> list[Line]:
    return [line async for some in lines for line in some]


def test_the_birth_and_end_of_a_pod_are_told_in_their_order(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        lines = await begun(engine.trace, "me")
        with asked_by("me"):
            await created(engine)
            await engine.delete_pod("default", "web")
        await engine.gone("default", "web")
        engine.trace.end("me")
        told = " ".join(line.deed.what for line in await rest(lines) if line.pod == WEB)
        assert told == (
            "address cgroup sandbox name link link link link link address route container "
            "signal container sandbox name cgroup cgroup address files"
        )

    run(machine, scenario)


def test_what_no_pod_owns_is_told_too(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        lines = await begun(engine.trace, "me")
        await created(engine)  # somebody else's
        engine.trace.end("me")
        assert {line.pod for line in await rest(lines)} == {None}

    run(machine, scenario)


def test_nobody_is_told_of_another_ones_pod() -> None:
    async def scenario() -> None:
        trace = Trace()
        mine, theirs = await begun(trace, "me"), await begun(trace, "you")
        for asker, key in (("me", WEB), ("you", DB)):
            with asked_by(asker):
                trace.concerns(key)
            works_for(key)
            trace.tell([Deed("link", asker)])
        for asker, lines in (("me", mine), ("you", theirs)):
            trace.end(asker)
            assert [line.deed.command for line in await rest(lines)] == [asker]

    asyncio.run(scenario())


def test_nothing_is_on_when_nobody_listens_any_more() -> None:
    async def scenario() -> None:
        trace = Trace()
        lines = await begun(trace, "me")
        assert trace.on
        assert trace.begin() > 0
        await lines.aclose()
        assert not trace.on
        assert trace.begin() == 0

    asyncio.run(scenario())


def test_two_cannot_listen_in_one_name() -> None:
    async def scenario() -> None:
        trace = Trace()
        first = await begun(trace, "me")
        with pytest.raises(Conflict):
            await begun(trace, "me")
        await first.aclose()

    asyncio.run(scenario())


def test_of_a_listener_that_does_not_read_the_oldest_lines_are_lost() -> None:
    async def scenario() -> None:
        trace = Trace()
        lines = await begun(trace, "me")
        for number in range(MOST + 2):
            trace.tell([Deed("x", str(number))])
        trace.end("me")
        kept = await rest(lines)
        assert (len(kept), kept[0].deed.command) == (MOST, "2")

    asyncio.run(scenario())


def test_a_container_that_is_killed_after_its_grace_is_told_of(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.obedient = False
        lines = await begun(engine.trace, "me")
        with asked_by("me"):
            obj = await created(engine, pod("web", terminationGracePeriodSeconds=0))
            obj["spec"]["containers"][0]["image"] = "x:2"
            await engine.update_pod(obj)
        await until(
            engine, lambda each: each["status"]["containerStatuses"][0]["restartCount"] == 1
        )
        engine.trace.end("me")
        signals = [
            line.deed.command.split()[1] for line in await rest(lines) if line.deed.what == "signal"
        ]
        assert signals == ["-TERM", "-KILL"]

    run(machine, scenario)


def test_a_failed_start_is_told(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        lines = await begun(engine.trace, "me")
        with asked_by("me"):
            await created(engine, pod("web", {"name": "app", "command": ["missing"]}))
        engine.trace.end("me")
        told = [line.deed.text for line in await rest(lines) if line.deed.what == "container"]
        assert told[0] == 'app: cannot execute "missing": not found'

    run(machine, scenario)
