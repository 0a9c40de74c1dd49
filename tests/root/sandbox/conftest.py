"""A zygote and its sandboxes, gone after the test whatever happened in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.root.sandbox.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Give a root with a zygote; what the zygote said is shown when a test fails."""
    lab = Lab(tmp_path)
    try:
        yield lab
    finally:
        lab.close()
        print(lab.log.read_text())
