"""Objects that change while they live: images, deadlines, host ports by hand, namespaces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from minipod.engine import Engine
from minipod.errors import AlreadyExists, Conflict, Forbidden, NotFound
from minipod.model.host_ports import HOST_PORTS_ANNOTATION
from minipod.model.pod import JSON
from minipod.store.protocol import Key
from tests.support.wait import DEADLINE

from .fakes import Machine, pod
from .test_engine import created, first, run, sandbox_of, until

APP = {"name": "app", "image": "x:1", "command": ["sleep", "9"]}
LAB = Key("Namespace", "", "lab")


def messages(engine: Engine, reason: str) -> list[str]:
    events = engine.store.list("Event")
    return [event["message"] for event in events if event["reason"] == reason]


async def with_image(engine: Engine, image: str) -> JSON:
    """Change the image of the pod's only container."""
    obj = engine.store.get(Key("Pod", "default", "web"))
    assert obj is not None
    obj["spec"]["containers"][0]["image"] = image
    return (await engine.update_pod(obj)).obj


def attempt(number: int) -> Callable[[JSON], bool]:
    return lambda obj: first(obj)["restartCount"] == number and "running" in first(obj)["state"]


@pytest.mark.parametrize("policy", ["Always", "Never"])
def test_a_new_image_restarts_its_container(machine: Machine, policy: str) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine, pod("web", APP, restartPolicy=policy))
        await with_image(engine, "x:2")
        obj = await until(engine, attempt(1))
        assert obj["status"]["phase"] == "Running"
        assert first(obj)["image"] == "x:2"
        assert first(obj)["lastState"]["terminated"]["exitCode"] == 143
        (told,) = messages(engine, "Killing")
        assert told == "Container app definition changed, will be restarted"

    run(machine, scenario)


def test_a_container_that_does_not_obey_is_killed_after_its_grace(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.obedient = False
        await created(engine, pod("web", APP, terminationGracePeriodSeconds=0))
        await with_image(engine, "x:2")
        obj = await until(engine, attempt(1))
        assert first(obj)["lastState"]["terminated"]["exitCode"] == 137
        requests = [op for op, _ in sandbox_of(machine, obj).requests]
        assert requests.count("kill") == 1

    run(machine, scenario)


def test_a_container_that_takes_its_time_to_die_is_killed_once(machine: Machine) -> None:
    """One that is deep in the kernel, say, ends when the kernel lets go of it."""

    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.obedient = machine.mortal = False
        obj = await created(engine, pod("web", APP, terminationGracePeriodSeconds=0))
        await with_image(engine, "x:2")
        await created(engine, pod("other", APP))  # time enough to look again
        sandbox_of(machine, obj).end_of("app", 137)
        await until(engine, attempt(1))
        requests = [op for op, _ in sandbox_of(machine, obj).requests]
        assert requests.count("kill") == 1

    run(machine, scenario)


def test_a_new_image_runs_what_it_is_mapped_to(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        engine.images.map("x:1", ["one"])
        await created(engine, pod("web", {"name": "app", "image": "x:1"}))
        await with_image(engine, "x:2")
        waits = await until(engine, lambda obj: "waiting" in first(obj)["state"])
        assert first(waits)["state"]["waiting"]["reason"] == "ImageNotMapped"
        engine.images.map("x:2", ["two"])
        obj = await until(engine, attempt(1))
        starts = [fields for op, fields in sandbox_of(machine, obj).requests if op == "start"]
        assert [start["container"]["argv"] for start in starts] == [["one"], ["two"]]

    run(machine, scenario)


def test_the_next_server_starts_what_the_last_one_ended(machine: Machine) -> None:
    """The first is gone between the end of the old container and the start of the new one."""

    async def play() -> None:
        engine = machine.engine()
        await engine.start()
        obj = await created(engine, pod("web", APP, restartPolicy="Never"))
        machine.obedient = False
        await with_image(engine, "x:2")
        watch = engine.store.watch("Event", None, 0)
        while (await anext(watch)).obj["reason"] != "Killing":
            pass
        await engine.close()
        sandbox_of(machine, obj).end_of("app", 143)
        machine.clock.now += 1
        engine = machine.engine()
        await engine.start()
        await until(engine, attempt(1))
        await engine.close()

    asyncio.run(asyncio.wait_for(play(), DEADLINE))


def test_a_deadline_ends_the_pod(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", APP, activeDeadlineSeconds=60))
        machine.clock.now += 61
        engine.images.map("wakes", ["all"])
        obj = await until(engine, lambda obj: obj["status"]["phase"] == "Failed")
        assert obj["status"]["reason"] == "DeadlineExceeded"
        assert "running" not in first(obj)["state"]
        assert messages(engine, "DeadlineExceeded") == [obj["status"]["message"]]

    run(machine, scenario)


def test_a_label_changes_and_the_container_goes_on(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", APP))
        obj["metadata"]["labels"] = {"a": "b"}
        assert (await engine.update_pod(obj)).obj["metadata"]["labels"] == {"a": "b"}
        with pytest.raises(Conflict):
            await engine.update_pod(obj | {"spec": {**obj["spec"], "priority": 1}})
        await engine.settled("default", "web")
        obj = await until(engine, attempt(0))
        assert [op for op, _ in sandbox_of(machine, obj).requests].count("start") == 1

    run(machine, scenario)


def annotated(obj: JSON, ports: str) -> JSON:
    return obj | {"metadata": obj["metadata"] | {"annotations": {HOST_PORTS_ANNOTATION: ports}}}


def test_host_ports_open_and_close_as_their_annotation_is_changed(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", APP))
        changed = await engine.update_pod(annotated(obj, "8080:80/TCP"))
        assert changed.warnings == ()
        assert [each.port.host_port for each in machine.network.published] == [8080]
        await engine.update_pod(annotated(changed.obj, ""))
        assert list(machine.network.published) == []

    run(machine, scenario)


def test_a_host_port_that_another_pod_has_is_not_taken_by_hand(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        other = annotated(pod("other", APP), "8080:80/TCP")
        await created(engine, other)
        obj = await created(engine, pod("web", APP))
        with pytest.raises(Conflict, match="8080/TCP is taken by pod default/other"):
            await engine.update_pod(annotated(obj, "8080:80/TCP"))
        assert engine.store.get(Key("Pod", "default", "web")) == obj

    run(machine, scenario)


def test_a_change_that_comes_too_late_claims_no_host_port(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        obj = await created(engine, pod("web", APP))
        engine.store.update(obj | {"metadata": obj["metadata"] | {"labels": {"a": "b"}}})
        with pytest.raises(Conflict):
            await engine.update_pod(annotated(obj, "8080:80/TCP"))
        other = await created(engine, annotated(pod("other", APP), "8080:80/TCP"))
        assert other["status"]["phase"] == "Running"

    run(machine, scenario)


def in_lab(name: str = "web") -> JSON:
    made = pod(name, APP)
    return made | {"metadata": {"name": name, "namespace": "lab"}}


def test_a_namespace_ends_with_all_that_is_in_it(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        await created(engine, in_lab())
        await created(engine, pod("other", APP))
        obj = engine.namespaces.delete("lab")
        assert obj["status"]["phase"] == "Terminating"
        assert obj["metadata"]["deletionTimestamp"]
        await engine.gone("lab", "web")
        await gone(engine)
        assert engine.store.list("Event", "lab") == []
        assert [each["metadata"]["name"] for each in engine.store.list("Pod")] == ["other"]
        with pytest.raises(NotFound):
            engine.namespaces.delete("lab")

    run(machine, scenario)


async def gone(engine: Engine) -> None:
    watch = engine.store.watch("Namespace", None, engine.store.version)
    while engine.store.get(LAB) is not None:
        await anext(watch)


def test_a_namespace_that_ends_takes_no_new_pod(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        machine.obedient = False
        await created(engine, in_lab())
        engine.namespaces.delete("lab")
        with pytest.raises(Forbidden) as refused:
            await engine.create_pod(in_lab("more"))
        assert refused.value.message == (
            'pods "more" is forbidden: unable to create new content in namespace lab because it is '
            "being terminated"
        )

    run(machine, scenario)


def test_the_next_server_ends_the_namespace_that_the_last_one_began_to_end(
    machine: Machine,
) -> None:
    async def play() -> None:
        engine = machine.engine()
        await engine.start()
        machine.obedient = False
        obj = await created(engine, in_lab())
        engine.namespaces.delete("lab")
        watch = engine.store.watch("Event", None, 0)
        while (await anext(watch)).obj["reason"] != "Killing":
            pass
        await engine.close()
        sandbox_of(machine, obj).end_of("app", 143)
        machine.clock.now += 1
        engine = machine.engine()
        await engine.start()
        await gone(engine)
        await engine.close()

    asyncio.run(asyncio.wait_for(play(), DEADLINE))


def test_a_namespace_is_made_once_and_the_first_one_stays(machine: Machine) -> None:
    async def scenario(machine: Machine, engine: Engine) -> None:
        new = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}
        made = engine.namespaces.create(new).obj
        assert made["status"] == {"phase": "Active"}
        with pytest.raises(AlreadyExists):
            engine.namespaces.create(new)
        with pytest.raises(Conflict, match="its uid is"):
            engine.namespaces.delete("lab", "another")
        with pytest.raises(Forbidden) as refused:
            engine.namespaces.delete("default")
        assert refused.value.message == (
            'namespaces "default" is forbidden: this namespace may not be deleted'
        )

    run(machine, scenario)
