"""Waiting for a condition with a deadline: the only place where a test sleeps."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

INTERVAL = 0.02
PATIENCE = float(os.environ.get("MINIPOD_TEST_PATIENCE", "1"))
"""How many times longer than elsewhere this machine may take: an emulated one has ten."""

DEADLINE = 30.0
"""Seconds after which what was to happen will not, however busy the machine is."""


def eventually(probe: Callable[[], T], *, within: float = DEADLINE) -> T:
    """Return the first true value of `probe`; its failed assertions are tried again too.

    The last answer, or the last failed assertion, is what a test sees after `within` seconds of a
    machine that is not emulated.
    """
    within *= PATIENCE
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() >= deadline
        try:
            value = probe()
        except AssertionError:
            if late:
                raise
        else:
            if value:
                return value
            if late:
                raise AssertionError(f"not within {within} s: the last answer was {value!r}")
        time.sleep(INTERVAL)
