"""A machine that is not there, for each test."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from .fakes import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine(tmp_path)
    monkeypatch.setattr(signal, "pidfd_send_signal", made.send_signal)
    yield made
    made.close()
