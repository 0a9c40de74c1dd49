"""The API over a fake engine, on a real HTTP connection."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from aiohttp.test_utils import TestClient, TestServer

from minipod.api import make_app

from .fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

PODS = "/api/v1/namespaces/default/pods"
OWN = "/apis/minipod.dev/v1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Answer(NamedTuple):
    code: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def warnings(self) -> list[str]:
        return self.headers.getall("Warning", [])


class Api:
    """Asks, and answers with the engine behind it."""

    def __init__(self, engine: FakeEngine, client: TestClient, runner: asyncio.Runner) -> None:
        self.engine = engine
        self.client = client
        self.run_in = runner

    def run(self, scenario: Coroutine[Any, Any, Any]) -> Any:
        """Run a scenario that is to be over in two seconds."""
        return self.run_in.run(_in_time(scenario))

    def ask(self, method: str, path: str, **request: Any) -> Answer:
        async def exchange() -> Answer:
            async with self.client.request(method, path, **request) as response:
                return Answer(response.status, await response.read(), response.headers)

        return self.run(exchange())

    def get(self, path: str, **request: Any) -> Answer:
        return self.ask("GET", path, **request)


async def until(condition: Callable[[], object]) -> None:
    """Let the others run until a condition holds; the scenario's deadline bounds it."""
    while not condition():  # noqa: ASYNC110 (what is waited for has no event of its own)
        await asyncio.sleep(0.001)


async def _in_time(scenario: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(2):
        return await scenario


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    engine = FakeEngine(tmp_path)
    with asyncio.Runner() as runner:

        async def start() -> TestClient:
            app = make_app(engine, admit=lambda _: None)
            client = TestClient(TestServer(app), json_serialize=json.dumps)
            await client.start_server()
            return client

        client = runner.run(start())
        yield Api(engine, client, runner)
        engine.store.close()
        runner.run(client.close())
