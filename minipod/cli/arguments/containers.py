"""Which container a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.cli.printing.output import say

if TYPE_CHECKING:
    from minipod.client.pod import Pod


def choose(pod: Pod, wanted: str | None) -> str:
    """Return the container asked for, else the first (and say so if there are more). NotFound."""
    name, names = pod.container_name(wanted), pod.container_names
    if wanted is None and len(names) > 1:
        say(f'Defaulted container "{name}" out of: {", ".join(names)}')
    return name
