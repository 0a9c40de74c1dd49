"""What tests of the machine itself have: no namespace plays the host."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.support.host import SETUP

FIRST_PROCESS = "/proc/1/ns/net"


@pytest.fixture(autouse=True)
def _in_the_host() -> None:
    """Stay in the machine, unless something before has left it."""
    if os.readlink("/proc/self/ns/net") != os.readlink(FIRST_PROCESS):
        pytest.fail("these tests come first: those of others leave the machine's own namespace")


@pytest.fixture(scope="session")
def host() -> None:
    """Give the machine a way out: a namespace that answers."""
    subprocess.run(["sh", "-ec", SETUP], check=True)
