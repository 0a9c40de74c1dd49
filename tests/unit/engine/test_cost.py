"""What a pod's life costs, in what can be counted: writes of the store, and its revisions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from minipod.engine import housekeeping, worker
from minipod.plan.lifecycle import Decision, PodFacts, decide
from minipod.store import base
from tests.support.wait import DEADLINE

from .fakes import Machine, pod

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from minipod.engine import Engine

CONTAINERS = tuple({"name": name, "command": ["sleep", "9"]} for name in ("a", "b"))


@pytest.fixture
def writes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[base.Batch]:
    """Give the list of what was written to the store."""
    seen: list[base.Batch] = []
    journal = machine.store._journal
    write = journal.write

    def watched(batch: base.Batch) -> None:
        seen.append(batch)
        write(batch)

    monkeypatch.setattr(journal, "write", watched)
    return seen


def live(machine: Machine, scenario: Callable[[Engine], Awaitable[None]]) -> None:
    """Play a scenario on an engine that has made its network for an earlier pod."""

    async def play() -> None:
        engine = machine.engine()
        await engine.start()
        try:
            async with asyncio.timeout(DEADLINE):
                await engine.create_pod(pod("first"))
                await engine.settled("default", "first")
                await scenario(engine)
        finally:
            await engine.close()

    asyncio.run(play())


def test_a_pod_comes_up_with_seven_writes_and_five_revisions(
    machine: Machine, writes: list[base.Batch]
) -> None:
    """Its object twice, one event and one for each container; and what must outlive a crash."""

    async def scenario(engine: Engine) -> None:
        writes.clear()
        await engine.create_pod(pod("web", *CONTAINERS))
        await engine.settled("default", "web")
        assert len(writes) <= 7
        assert sum(len(batch.entries) for batch in writes) <= 5

    live(machine, scenario)


def test_a_pod_comes_up_with_three_decisions(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To build it, to start its containers, and that there is nothing more to do."""
    decided: list[Decision] = []

    def watched(facts: PodFacts, now: float) -> Decision:
        decided.append(decide(facts, now))
        return decided[-1]

    monkeypatch.setattr(worker, "decide", watched)

    async def scenario(engine: Engine) -> None:
        decided.clear()
        await engine.create_pod(pod("web", *CONTAINERS))
        await engine.settled("default", "web")
        assert [len(decision.steps) for decision in decided] == [3, 2, 0]

    live(machine, scenario)


def test_a_pod_goes_with_nine_writes_and_five_revisions(
    machine: Machine, writes: list[base.Batch]
) -> None:
    """Its object three times, and an event for each container."""

    async def scenario(engine: Engine) -> None:
        await engine.create_pod(pod("web", *CONTAINERS))
        await engine.settled("default", "web")
        writes.clear()
        await engine.delete_pod("default", "web")
        await engine.gone("default", "web")
        assert len(writes) <= 9
        assert sum(len(batch.entries) for batch in writes) <= 5

    live(machine, scenario)


def test_what_a_pod_leaves_is_removed_in_one_go(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the scratch of each container first: every file removed costs as much as one made."""
    removed: list[str] = []
    monkeypatch.setattr(housekeeping, "_remove", removed.append)

    async def scenario(engine: Engine) -> None:
        made = await engine.create_pod(pod("web", *CONTAINERS))
        await engine.settled("default", "web")
        await engine.delete_pod("default", "web")
        await engine.gone("default", "web")
        assert removed == [engine.pod_folder(made.obj["metadata"]["uid"])]

    live(machine, scenario)
