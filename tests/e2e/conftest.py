"""Every test here runs as root, inside the namespace that plays the host."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _in_the_host(host: None) -> None:
    """Enter the host before anything else."""
