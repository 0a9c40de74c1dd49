"""The stream of what is done to the kernel."""

from __future__ import annotations

import json

from minipod.api.trace import HEADER
from minipod.engine.trace import works_for
from minipod.plan.byhand import Deed
from minipod.store.protocol import Key

from .conftest import OWN, PODS, until

TRACE = f"{OWN}/trace"


def test_a_step_is_a_line_and_the_end_is_asked_for(api):
    async def scenario():
        async with api.client.get(f"{TRACE}?id=me") as stream:
            api.engine.trace.tell([Deed("link", "ip link add", "in place")])
            line = json.loads(await stream.content.readline())
            async with api.client.delete(f"{TRACE}?id=me") as answer:
                assert answer.status == 200
            assert await stream.read() == b""
        return line

    line = api.run(scenario())
    assert line["time"] > 1_000_000_000
    assert {name: line[name] for name in line if name != "time"} == {
        "namespace": None,
        "pod": None,
        "what": "link",
        "command": "ip link add",
        "text": "in place",
        "seconds": None,
    }


def test_a_request_that_names_its_listener_is_told_of_its_pod_only(api):
    async def scenario():
        async with api.client.get(f"{TRACE}?id=me") as stream:
            for name, headers in (("mine", {HEADER: "me"}), ("other", {})):
                body = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}}
                body["spec"] = {"containers": [{"name": "app", "command": ["true"]}]}
                async with api.client.post(PODS, json=body, headers=headers) as answer:
                    assert answer.status == 201
            for name in ("other", "mine"):
                works_for(Key("Pod", "default", name))
                api.engine.trace.tell([Deed("link", name)])
            api.engine.trace.end("me")
            return [json.loads(line)["pod"] async for line in stream.content]

    assert api.run(scenario()) == ["mine"]


def test_a_listener_that_hangs_up_is_forgotten(api):
    async def scenario():
        async with api.client.get(f"{TRACE}?id=me") as stream:
            assert stream.status == 200
            assert api.engine.trace.on
            stream.close()
        await until(lambda: not api.engine.trace.on)

    api.run(scenario())


def test_a_listener_needs_an_id_and_the_end_of_none_is_no_error(api):
    assert api.get(TRACE).code == 400
    assert api.ask("DELETE", TRACE).code == 400
    assert api.ask("DELETE", f"{TRACE}?id=nobody").code == 200
