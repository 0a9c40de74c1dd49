"""Host ports over a machine that is not there: who gets which, who waits for whom, what is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from minipod.engine import Engine
from minipod.errors import Conflict, NotFound
from minipod.model.host_ports import Claim, Taken, parse
from minipod.model.pod import JSON
from minipod.model.sockets import Holder
from minipod.store.protocol import Key

from .fakes import Machine, pod
from .test_engine import created, run, until

TAKEN = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. "
PYTHON = Holder(7, "python3 -m http.server 8080")


def web(name: str, *ports: JSON, **spec: Any) -> JSON:
    declared = [{"containerPort": 80, **port} for port in ports or ({"hostPort": 8080},)]
    return pod(name, {"name": "app", "command": ["sleep", "9"], "ports": declared}, **spec)


def running(obj: JSON) -> bool:
    return bool(obj["status"]["phase"] == "Running")


def published(machine: Machine) -> set[str]:
    return {
        f"{each.port.arrow} of {each.owner} at {each.address}" for each in machine.network.published
    }


def why(obj: JSON) -> str:
    (condition,) = obj["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("PodScheduled", "Unschedulable")
    return str(condition["message"])


def messages(engine: Engine, reason: str) -> list[str]:
    return [e["message"] for e in engine.store.list("Event") if e["reason"] == reason]


async def pause(condition: Callable[[], bool]) -> None:
    """Let the others run until a condition holds; the scenario's deadline bounds it."""
    while not condition():  # noqa: ASYNC110 (what is waited for has no event of its own)
        await asyncio.sleep(0.001)


Scenario = Callable[[Machine, Engine], Awaitable[None]]


def play(machine: Machine) -> Callable[[Scenario], None]:
    return lambda scenario: run(machine, scenario)


def test_a_host_port_is_held_by_the_sandbox_and_leads_to_the_pod(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, web("web"))
        assert published(machine) == {"0.0.0.0:8080 -> 80/TCP of default/web at 10.244.0.2"}
        (sandbox,) = (s for uid, s in machine.sandboxes.items() if uid == obj["metadata"]["uid"])
        assert sandbox.held == {"TCP/0.0.0.0/8080"}
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")
        assert published(machine) == set()


def test_of_two_pods_the_second_waits_and_says_for_whom(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("one"))
        two = await created(engine, web("two", {"hostPort": 8080, "hostIP": "127.0.0.1"}))
        words = 'hostPort 127.0.0.1:8080/TCP is taken by pod default/one, container "app".'
        assert why(two) == TAKEN + words
        assert messages(engine, "FailedScheduling") == [TAKEN + words]
        await engine.delete_pod("default", "one", grace=0)
        await until(engine, running, "two")
        assert published(machine) == {"127.0.0.1:8080 -> 80/TCP of default/two at 10.244.0.3"}


def test_a_pod_that_has_finished_gives_its_port_to_the_one_that_waits(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        one = await created(engine, web("one", restartPolicy="Never"))
        await created(engine, web("two"))
        machine.sandboxes[one["metadata"]["uid"]].end_of("app", 0)
        await until(engine, running, "two")
        assert published(machine) == {"0.0.0.0:8080 -> 80/TCP of default/two at 10.244.0.3"}


def test_a_port_of_a_program_is_waited_for_with_its_name_and_tried_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipod.engine.execute.PORTS_RETRY", 0.01)
    machine.network.host.taken.append(Taken(parse("8080:1"), PYTHON))

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, web("web"))
        assert why(obj) == (
            f"{TAKEN}hostPort 8080/TCP is taken on this machine by pid 7 "
            "(python3 -m http.server 8080)."
        )
        machine.network.host.taken.clear()
        await until(engine, running)
        assert len(messages(engine, "FailedScheduling")) == 1, "told once, not at every try"


def test_the_next_server_knows_who_has_which(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("one"))

    machine.network.published = ()

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        two = await created(engine, web("two"))
        assert "is taken by pod default/one" in why(two)
        await pause(lambda: len(machine.network.published) == 1)


def test_a_lost_sandbox_gets_its_ports_back(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, web("web"))
        uid = obj["metadata"]["uid"]
        first = machine.sandboxes[uid]
        first.die()
        await pause(lambda: machine.sandboxes[uid] is not first)
        await pause(lambda: machine.sandboxes[uid].held == {"TCP/0.0.0.0/8080"})
        await pause(lambda: len(machine.network.published) == 1)


def test_a_lost_node_is_published_anew(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("web"))
        machine.network.published = ()
        machine.sandboxes["node-0"].die()
        await pause(lambda: len(machine.network.published) == 1)


def test_a_node_lost_while_it_is_published_is_published_anew(machine: Machine) -> None:
    written: list[int] = []

    async def lose_it_the_first_time(
        _plan: object, _place: object, _node: object, wanted: list[object]
    ) -> None:
        written.append(len(wanted))
        if len(written) == 1:
            machine.sandboxes["node-0"].die()

    machine.network.publish = lose_it_the_first_time  # type: ignore[assignment,method-assign]

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("web"))
        await pause(lambda: written == [1, 1])


def test_a_pod_runs_though_its_port_cannot_be_opened_and_says_why(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipod.engine.execute.PORTS_RETRY", 0.01)
    machine.network.unpublishable = "cannot run nft: it is not installed"

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, web("web"))
        assert running(obj)
        sandbox = machine.sandboxes[obj["metadata"]["uid"]]
        assert sandbox.held == set(), "or clients would wait for an answer"
        words = "hostPort 8080/TCP is not open: cannot run nft: it is not installed"
        assert messages(engine, "HostPortNotOpen") == [words]
        machine.clock.now += 1
        machine.network.unpublishable = None
        await pause(lambda: len(machine.network.published) == 1)
        assert messages(engine, "HostPortNotOpen") == [words]


def test_a_pod_goes_though_its_port_cannot_be_closed(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("web"))
        machine.network.unpublishable = "no"
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")
        machine.network.unpublishable = None
        await created(engine, web("other"))
        assert published(machine) == {"0.0.0.0:8080 -> 80/TCP of default/other at 10.244.0.3"}


def test_pods_without_host_ports_write_no_rules(machine: Machine) -> None:
    written: list[object] = []

    async def note(*wanted: object) -> None:
        written.append(wanted)

    machine.network.publish = note  # type: ignore[method-assign]

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine)
        machine.sandboxes["node-0"].die()
        await engine.delete_pod("default", "web", grace=0)
        await engine.gone("default", "web")

    assert written == []


# Added to a pod that runs.


def test_ports_are_added_to_a_running_pod_and_removed(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("web"))
        assert await engine.exposure.add("default", "web", [parse("9090:90/udp")]) == ()
        assert "0.0.0.0:9090 -> 90/UDP of default/web at 10.244.0.2" in published(machine)
        obj = engine.store.get(Key("Pod", "default", "web"))
        assert obj is not None
        assert obj["metadata"]["annotations"] == {"minipod.dev/host-ports": "9090:90/UDP"}
        assert await engine.exposure.remove("default", "web", [parse("9090:90/udp")]) == ()
        assert published(machine) == {"0.0.0.0:8080 -> 80/TCP of default/web at 10.244.0.2"}
        with pytest.raises(NotFound):
            await engine.exposure.remove("default", "web", [parse("9090:90/udp")])
        with pytest.raises(NotFound):
            await engine.exposure.add("default", "nope", [parse("9090:90/udp")])


def test_a_port_that_was_removed_is_free_for_the_pod_that_waits(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine)
        await engine.exposure.add("default", "web", [parse("8080:80")])
        assert "to which it was added" in why(await created(engine, web("two")))
        await engine.exposure.remove("default", "web", [parse("8080:80")])
        await until(engine, running, "two")


def test_a_port_that_somebody_has_is_not_added(machine: Machine) -> None:
    machine.network.host.taken.append(Taken(parse("9090:1"), PYTHON))

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("one"))
        await created(engine, pod("two"))
        before = engine.store.get(Key("Pod", "default", "two"))
        for port, words in (("8080:1", "by pod default/one"), ("9090:1", "by pid 7")):
            with pytest.raises(Conflict, match=words) as caught:
                await engine.exposure.add("default", "two", [parse("7070:1"), parse(port)])
            assert caught.value.hint == f"port {port[:3]}1 is free"
        assert engine.store.get(Key("Pod", "default", "two")) == before
        assert len(published(machine)) == 1


def test_a_pod_that_waits_gets_its_added_port_with_its_place(machine: Machine) -> None:
    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("one"))
        await created(engine, web("two"))
        (warning,) = await engine.exposure.add("default", "two", [parse("9090:90")])
        assert "no place yet" in warning
        await engine.delete_pod("default", "one", grace=0)
        await until(engine, running, "two")
        assert len(published(machine)) == 2


def test_what_others_have_is_told_and_a_pod_is_not_in_its_own_way(machine: Machine) -> None:
    machine.network.host.taken.append(Taken(parse("9090:1"), PYTHON))

    @play(machine)
    async def _(machine: Machine, engine: Engine) -> None:
        await created(engine, web("web"))
        wanted = [
            Claim("default/web", parse("8080:80")),
            Claim("default/other", parse("127.0.0.1:8080:80")),
            Claim("default/other", parse("9090:80")),
            Claim("default/other", parse("7070:80")),
        ]
        use = await engine.exposure.use(wanted)
        assert [str(use.taken.get(claim)) for claim in wanted] == [
            "None",
            'hostPort 127.0.0.1:8080/TCP is taken by pod default/web, container "app"',
            "hostPort 9090/TCP is taken on this machine by pid 7 (python3 -m http.server 8080)",
            "None",
        ]
        assert use.numbers >= {8080, 9090}
