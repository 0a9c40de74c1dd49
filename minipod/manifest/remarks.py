"""What is right of an object and yet worth a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from minipod.manifest.faults import Path


class Remark(NamedTuple):
    """A warning, by path; that of a clash of ports has a way out of it."""

    path: Path
    message: str
    way_out: str = ""
