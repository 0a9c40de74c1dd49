"""What the engine answers to those who change an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from minipod.model.pod import JSON


class Outcome(NamedTuple):
    """The object as it is now, or was at its end, and what whoever changed it should know."""

    obj: JSON
    warnings: tuple[str, ...] = ()
