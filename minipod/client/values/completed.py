"""How a command ended."""

from __future__ import annotations

from typing import NamedTuple


class Completed(NamedTuple):
    """How a command ended, and what it wrote; bytes that are no UTF-8 become a backslash and hex.

    `exit_code` is 128 + N if signal N ended it.
    """

    exit_code: int
    stdout: str
    stderr: str
