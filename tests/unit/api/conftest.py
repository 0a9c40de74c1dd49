"""The API over a fake engine, on a real HTTP connection."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest
from aiohttp import ClientSession

from minipod.api import make_app, serve
from tests.support.wait import DEADLINE

from .fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from aiohttp import web

    from minipod.api.peers import Admission

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
    """The API as it is served, and the engine behind it."""

    client: ClientSession
    address: tuple[str, int]

    def __init__(self, engine: FakeEngine, admit: Admission = lambda _: None) -> None:
        self.engine = engine
        self.app = make_app(engine, admit=admit)
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        self._served = self._loop.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self._stop())
        self._loop.close()

    async def _start(self) -> web.AppRunner:
        sock = socket.create_server(("127.0.0.1", 0))
        self.address = sock.getsockname()
        port = self.address[1]
        self.client = ClientSession(f"http://127.0.0.1:{port}")
        return await serve(self.app, sock)

    async def _stop(self) -> None:
        await self.client.close()
        self.engine.store.close()
        await self._served.cleanup()

    def run(self, scenario: Coroutine[Any, Any, Any]) -> Any:
        """Run a scenario that is to be over in time."""
        return self._loop.run(_in_time(scenario))

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
    async with asyncio.timeout(DEADLINE):
        return await scenario


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with Api(FakeEngine(tmp_path)) as made:
        yield made
