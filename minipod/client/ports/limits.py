"""What this process may have."""

from __future__ import annotations

import resource

_SPARE_DESCRIPTORS = 64


def descriptors() -> int:
    """Allow ourselves as many open files as we may have; return how many connections may use."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - _SPARE_DESCRIPTORS
