"""Which container a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.cli.printing.output import say
from minipod.client.views import podview

if TYPE_CHECKING:
    from typing import Any


def choose(pod: dict[str, Any], wanted: str | None) -> str:
    """Return the container asked for, else the first (and say so if there are more). NotFound."""
    if wanted is not None:
        return podview.require_container(pod, wanted)
    names = podview.container_names(pod)
    if len(names) > 1:
        say(f'Defaulted container "{names[0]}" out of: {", ".join(names)}')
    return names[0]
