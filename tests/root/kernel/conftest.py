"""Fixtures of the tests of the server's hands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from minipod.kernel.cgroups import CgroupTree, find_or_mount

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tree() -> Iterator[CgroupTree]:
    """Give the control groups of a root of the test's own, and remove them after it."""
    opened = find_or_mount(uuid4().hex[:6])
    yield opened
    for uid in opened.uids():
        asyncio.run(opened.kill(uid))
        asyncio.run(opened.remove(uid))
    opened.remove_root()
    opened.close()
