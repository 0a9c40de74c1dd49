"""The application as a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from application import HTTP, STORE, notes_pod

if TYPE_CHECKING:
    from minipod import Client, Pod


@pytest.fixture
def notes(minipod: Client) -> Pod:
    """Give the application, once both programs listen: a new one for each test."""
    pod = minipod.create(notes_pod())
    return pod.wait(lambda pod: pod.listens(STORE) and pod.listens(HTTP))
