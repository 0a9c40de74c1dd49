"""Limits and priority of pods: the same whoever started the server, a shell or systemd."""

from __future__ import annotations

import os
import resource
from contextlib import suppress

FILES = (1024, 524_288)
"""Open files, as systemd gives them to services: few at first, for select(2), and many on demand.

The server demands them: each pod takes three of its descriptors.
"""


def set_limits() -> None:
    """Set them for this process and its children; one that may not be raised stays."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, FILES)


def set_priority() -> None:
    """Be as nice as programs are by themselves, not as the command that was the root's first."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
