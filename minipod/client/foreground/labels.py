"""What stands before each line: whose it is, in a column, in a colour of its container's own."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

VOICE = "minipod"
"""The name under which minipod itself speaks."""

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""SGR numbers of container after container: no red, which is for errors."""
_BOLD = 1


class Dress(Enum):
    """How lines begin."""

    BARE = "nothing before the line"
    PLAIN = "the label"
    COLOURED = "the label in a colour"


class Labels:
    """The labels of containers, all as wide as the widest."""

    def __init__(self, names: Iterable[str], dress: Dress) -> None:
        names = list(dict.fromkeys(names))
        self._dress = dress
        self._width = max(len(VOICE), *map(len, names)) if names else len(VOICE)
        self._colours = {
            name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)
        }

    def before(self, name: str) -> bytes:
        """Return what goes before a container's line."""
        return self._label(name, self._colours.get(name, _BOLD)).encode()

    def voice(self) -> str:
        """Return what goes before a line of minipod's own."""
        return self._label(VOICE, _BOLD)

    def _label(self, name: str, colour: int) -> str:
        label = f"{name.ljust(self._width)} | "
        match self._dress:
            case Dress.BARE:
                return ""
            case Dress.PLAIN:
                return label
            case Dress.COLOURED:
                return f"\x1b[{colour}m{label}\x1b[0m"
