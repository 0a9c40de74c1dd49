"""A server that is not there, and a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from minipod.client import Api, Transport
from tests.support.fake_server import FakeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    fake = FakeServer(tmp_path)
    yield fake
    fake.close()


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def api(server: FakeServer, warnings: list[str]) -> Api:
    return Api(Transport(str(server.root), warn=warnings.append))
