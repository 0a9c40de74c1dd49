"""Colour, for the words that say what a line is: never in tables, never in what a program reads.

NO_COLOR (no-color.org) takes it away. FORCE_COLOR asks for it where no terminal is, in a CI's log.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from typing import TextIO


class Style(Enum):
    """What a word is about; the value is how a terminal shows that."""

    ERROR = "red"
    WARNING = "yellow"
    HINT = None


def styled(text: str, style: Style, stream: TextIO) -> str:
    """Return a text as it is to be written to a stream; HINT is dim."""
    if not wanted(stream):
        return text
    return click.style(text, fg=style.value, dim=style is Style.HINT or None)


def wanted(stream: TextIO) -> bool:
    """Return whether what is written there may be coloured."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
