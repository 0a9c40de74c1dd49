"""What a test needs and a machine may not have: never passed over in silence."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def lacks(reason: str) -> NoReturn:
    """Skip the test and say why; where CI is set, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(program: str) -> str:
    """Return a program's path, if there is one."""
    return shutil.which(program) or lacks(f"there is no {program} on this machine")
